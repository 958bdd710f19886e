"""One file a toxicity classifier; each registers itself, and the registry finds the files."""
