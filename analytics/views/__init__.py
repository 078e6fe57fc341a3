"""The JSON doors of numbers."""
