"""Owns people: sign-in, sessions, devices, contacts, blocks, notifications, and what moderators do to accounts.

Owns no goods, no money and no talk; those apps import this one, never the other way round.
Start reading at `models/person.py`, then `services/sign_in.py` and `services/sessions.py`.
"""
