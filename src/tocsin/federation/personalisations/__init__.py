"""The personalisations, one file each."""
