"""Makers of short tasks whose right answer is known by construction: one file for each kind of task."""
