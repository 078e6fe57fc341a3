"""The foreign dialects: what five families of older clients say and hear, renamed from and to what `/v1` knows.

Owns addresses, names of fields and texts; never a rule or a row: those are the apps', and a contract only chooses.
Start at `common.py`, then `polimarket/`; docs/clients.md says how to point a client here.
"""
