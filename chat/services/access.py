"""Who may read and write in a room: asked here by REST, sockets and workers alike, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import orjson

from chat.models import Member, Room
from chat.services.errors import Blocked, ChatClosed, ChatNotFound, NoRecipient, NotAllowedHere, NotInChat
from marketplace.common.errors import DomainError
from marketplace.common.postgis import fixed

_SEEN_BY = """
r.id, r.number, r.kind, r.is_private, r.epoch, r.last_seq, r.rules, r.slow_mode_seconds,
       r.closed_at IS NOT NULL, m.role, m.state, m.joined_seq, m.left_seq,
       (SELECT o.user_id FROM chat_member o JOIN accounts_user u ON u.id = o.user_id
        WHERE r.kind IN ('listing', 'direct') AND o.room_id = r.id AND o.user_id <> {user} AND u.is_active LIMIT 1),
       r.kind IN ('listing', 'direct') AND EXISTS (
         SELECT FROM chat_member o JOIN accounts_block b
           ON b.blocker_id = o.user_id AND b.blocked_id = {user}
           OR b.blocked_id = o.user_id AND b.blocker_id = {user}
         WHERE o.room_id = r.id AND o.user_id <> {user})"""
_ASKED = f"""
SELECT {_SEEN_BY.format(user="%(user)s")}
FROM chat_room r LEFT JOIN chat_member m ON m.room_id = r.id AND m.user_id = %(user)s
WHERE r.id = %(room)s
"""  # noqa: S608  (a name of ours)
MOST_TOGETHER = 32
# The limit tells the planner how few they are
_ASKED_TOGETHER = f"""
WITH asked AS (
  SELECT * FROM jsonb_to_recordset(%(asked)s::jsonb) AS pair (user_id uuid, room_id uuid) LIMIT {MOST_TOGETHER}
)
SELECT asked.user_id, {_SEEN_BY.format(user="asked.user_id")}
FROM asked JOIN chat_room r ON r.id = asked.room_id
LEFT JOIN chat_member m ON m.room_id = r.id AND m.user_id = asked.user_id
"""  # noqa: S608  (as above)
PRIVILEGED = (Member.Role.OWNER, Member.Role.MODERATOR)


@dataclass(frozen=True)
class Standing:
    """Somebody before a room. `rules` is the state of the room's rules in which all of this was true."""

    user_id: UUID
    room_id: UUID
    number: int
    kind: str
    is_private: bool
    epoch: UUID
    seq: int
    rules: int
    slow_mode_seconds: int
    is_closed: bool
    role: str | None
    state: str | None
    joined_seq: int | None
    left_seq: int | None
    other_id: UUID | None  # in a room of two, who is still here
    is_blocked: bool

    @property
    def is_member(self) -> bool:
        return self.state == Member.State.ACTIVE

    @property
    def has_recipient(self) -> bool:
        return self.kind not in (Room.Kind.LISTING, Room.Kind.DIRECT) or self.other_id is not None

    @property
    def is_open_to_all(self) -> bool:
        return self.kind == Room.Kind.BROADCAST or (self.kind == Room.Kind.GROUP and not self.is_private)

    @property
    def may_look(self) -> bool:
        """Read what is there: members, who was a member for that time, and where it is open, all but the banned."""
        if self.state == Member.State.BANNED:
            return False
        return self.is_open_to_all or self.is_member or self.was_member

    @property
    def was_member(self) -> bool:
        """And is no longer. Whose invitation was taken back never was: nothing says up to where they would see."""
        return self.state in (Member.State.LEFT, Member.State.REMOVED) and self.left_seq is not None

    @property
    def may_follow(self) -> bool:
        """See what comes from now on."""
        return self.may_look and (self.is_open_to_all or self.is_member)

    @property
    def first_seq(self) -> int:
        """Everything above this number."""
        return 0 if self.is_open_to_all or self.joined_seq is None else self.joined_seq

    @property
    def last_seq(self) -> int | None:
        """Nothing above this number, for who is no longer here."""
        return None if self.is_open_to_all or self.is_member else self.left_seq

    @property
    def is_privileged(self) -> bool:
        return self.is_member and self.role in PRIVILEGED

    @property
    def is_slowed(self) -> bool:
        return self.slow_mode_seconds > 0 and not self.is_privileged

    def must_look(self) -> None:
        if not self.may_look:
            raise ChatNotFound

    def must_lead(self) -> None:
        self.must_look()
        if not self.is_privileged:
            raise NotAllowedHere

    def must_write(self) -> None:
        refusal = self.why_not_write
        if refusal is not None:
            raise refusal

    @property
    def why_not_write(self) -> type[DomainError] | None:
        if not (self.is_member or (self.kind == Room.Kind.BROADCAST and self.may_look)):
            return NotInChat
        if self.is_closed:
            return ChatClosed
        if not self.has_recipient:
            return NoRecipient
        return Blocked if self.is_blocked else None


def standing(user_id: UUID, room_id: UUID) -> Standing:
    """As things are now, in one question. A room that does not exist is refused like one that is not yours."""
    found = fixed.ask(_ASKED, {"user": user_id, "room": room_id})
    if found is None:
        raise ChatNotFound
    return Standing(user_id, *found)


def standings(pairs: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Standing]:
    """Of several people, each before a room, in one question. Rooms that do not exist are left out."""
    assert len(pairs) <= MOST_TOGETHER
    asked = orjson.dumps([{"user_id": user_id, "room_id": room_id} for user_id, room_id in pairs]).decode()
    found = (Standing(*row) for row in fixed.ask_all(_ASKED_TOGETHER, {"asked": asked}))
    return {(each.user_id, each.room_id): each for each in found}
