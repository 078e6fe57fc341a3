"""One socket in one room."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat.realtime.live_room import LiveRoom
    from chat.realtime.socket import Socket
    from chat.services.access import Standing


class Seat:
    """Not live: it is still being told what it missed. `after`: it knows everything up to this number."""

    __slots__ = (
        *("after", "first_seq", "is_gone", "is_live", "is_member", "joined_seq", "judged_at", "kind", "room", "socket"),
    )

    def __init__(self, socket: Socket, room: LiveRoom) -> None:
        self.socket, self.room = socket, room
        self.after = 0
        self.first_seq = 0  # what was said up to here is not theirs to see
        self.joined_seq = 0  # where that is, or would be if the room were not open to all
        self.judged_at = 0  # who may follow was decided as of this number; what comes after it may change that
        self.kind = ""
        self.is_member = False
        self.is_live = False
        self.is_gone = False

    def judge(self, standing: Standing) -> None:
        self.judged_at, self.kind, self.is_member = standing.seq, standing.kind, standing.is_member
        self.first_seq, self.joined_seq = standing.first_seq, standing.joined_seq or 0

    def go_live(self, after: int) -> None:
        self.after, self.is_live = after, True
