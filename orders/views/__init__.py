"""The JSON doors of money, a file per topic."""
