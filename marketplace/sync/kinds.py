"""What a stamp is about. The numbers stand in the database and in its triggers: a number is never given twice."""

from __future__ import annotations

from enum import IntEnum
from uuid import UUID

PUBLIC = UUID(int=0)  # the scope of what everybody may hold a copy of


class Kind(IntEnum):
    CATEGORY = 1
    BRAND = 2
    LISTING = 3
    ORDER = 4
    CHAT = 5
    SEAT = 6  # somebody in a chat: what is told is the chat
    NARROWED = 7  # a chat that shows its members less than before
    MESSAGE = 8
    REVIEW = 9
    FAVOURITE = 10
    NOTIFICATION = 11
