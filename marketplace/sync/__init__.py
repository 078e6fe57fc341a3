"""Owns delta sync: what has changed since a phone asked last, for everything that a phone keeps a copy of.

Not how a thing looks or who may see it: each app says that, and one file here for each app asks it.
Start reading in docs/sync.md, then `delta.py`.
"""
