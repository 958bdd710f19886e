"""The aggregations, one file each."""
