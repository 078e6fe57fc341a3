"""Owns delta sync: what has changed since a phone asked last, for everything that a phone keeps a copy of."""
