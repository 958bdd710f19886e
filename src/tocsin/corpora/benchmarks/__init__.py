"""Readers of published benchmarks in their original formats. The files are never part of this package."""
