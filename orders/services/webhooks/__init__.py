"""Telling other programs about orders, by signed HTTP. Start reading at `events.py`, then `sending.py`."""
