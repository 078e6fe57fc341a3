"""The moderators' door to talk: what was reported, and the rooms as such. What people say is read nowhere else."""

from chat.admin import reports, rooms

__all__ = ["reports", "rooms"]
