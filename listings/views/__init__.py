"""The JSON doors of things, a file per topic."""
