"""The JSON doors of talk."""
