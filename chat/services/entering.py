"""For clients that know no joining before talking: who speaks in a group that is open to them is in it by that."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User
from chat.services import access, groups, sending
from chat.services.access import Standing
from chat.services.errors import NotInChat
from chat.services.sending import Draft, Sent


def say(sender: User, room_id: UUID, draft: Draft) -> Sent:
    try:
        return sending.send(sender, room_id, draft)
    except NotInChat:
        groups.join(sender, room_id)
        return sending.send(sender, room_id, draft)


def enter(user: User, room_id: UUID) -> Standing:
    """In, if they may be; else as they stand."""
    standing = access.standing(user.pk, room_id)
    if standing.is_member or standing.is_closed:
        return standing
    groups.join(user, room_id)
    return access.standing(user.pk, room_id)
