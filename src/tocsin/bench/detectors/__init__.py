"""One detector a file: registered under its name in `DETECTORS`."""
