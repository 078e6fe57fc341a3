"""The sockets' side of talk: one hub per process, which passes on what the logs say, in order and once.

Start with `live_room.py` (order and repair), then `hub.py`, `following.py` (how a socket comes in) and `acting.py`
(what a socket may ask for). Nothing here is the truth: PostgreSQL is, and Redis only hurries us to it.
"""
