"""Owns talk: rooms and their members, the log of each room, messages, files, marks of what was read, and the sockets.

Does not own who people are or whom they block (accounts), what is sold (listings) or what an order does (orders);
it listens to them. Start with `models/event.py` (the log), then `services/log.py` and `services/sending.py`.
"""
