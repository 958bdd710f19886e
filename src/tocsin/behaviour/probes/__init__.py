"""One file a probe; each registers itself, and the registry finds the files."""
