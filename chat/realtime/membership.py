"""What an event in a room's log changes for those who follow the room."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from chat.frames import Frame
from chat.models import Event
from chat.realtime.seats import Seat

GONE = {Event.Type.LEFT.value: "left", Event.Type.REMOVED.value: "removed"}


@dataclass(frozen=True)
class Change:
    type: str
    seq: int
    user_id: str | None
    is_private: bool | None  # None: that stays as it is

    def bears_on(self, seat: Seat) -> str | None:
        """Why this seat is lost, or None. Of what was said before their time, who stays sees what `access` says."""
        is_own = self.user_id == str(seat.socket.person.pk)
        if self.type in GONE:
            return GONE[self.type] if is_own else None
        if self.type == Event.Type.JOINED and is_own:
            seat.is_member, seat.joined_seq = True, self.seq - 1
        if self.is_private is None:
            return None
        seat.first_seq = seat.joined_seq if self.is_private else 0
        return "private" if self.is_private and not seat.is_member else None


def change_in(frame: Frame) -> Change:
    fact = orjson.loads(frame.text)
    changed = fact.get("changed") or {}
    return Change(frame.type, frame.seq, fact.get("user_id"), changed.get("is_private"))
