"""Shapes on the wire of numbers, a file per topic."""
