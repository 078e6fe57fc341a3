"""The JSON doors of numbers, a file per topic."""
