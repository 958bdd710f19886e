"""One scenario a file: registered under its name in `SCENARIOS`."""
