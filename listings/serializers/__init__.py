"""Shapes of things on `/v1`, a file per topic."""
