"""Rooms that somebody is in, and what they may see of what was said there."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q

from chat import frames
from chat.models import Member, Message, Room
from chat.serializers.rooms import shown
from chat.services.reading import shelved
from marketplace.sync.kinds import Kind
from marketplace.sync.registry import Keys, Shown, Synced, registry

_OPEN = Q(room__kind=Room.Kind.BROADCAST) | Q(room__kind=Room.Kind.GROUP, room__is_private=False)


def rooms_of(viewer: Any) -> Keys:
    return list(Member.objects.filter(user=viewer, state=Member.State.ACTIVE).values_list("room_id", flat=True))


def chats(viewer: Any, keys: Keys) -> Shown:
    rooms = Room.objects.with_member(viewer).filter(pk__in=keys)
    return {shelf.room.pk: shown(shelf) for shelf in shelved(viewer, rooms)}


def messages(viewer: Any, keys: Keys) -> Shown:
    """As `access.Standing` has it: of a room that is not open to all, what was said since one came."""
    mine = Q(room__members__user=viewer, room__members__state=Member.State.ACTIVE)
    since_then = Q(seq__gt=F("room__members__joined_seq"))
    rows = Message.objects.shown().filter(mine & (_OPEN | since_then), pk__in=keys)
    return {row.pk: frames.message(row) for row in rows}


def no_longer_shown(viewer: Any, room_keys: Keys) -> Keys:
    """Of rooms that were open to all, or began earlier for this person: what they must forget again."""
    mine = Q(room__members__user=viewer, room__members__state=Member.State.ACTIVE)
    before = Q(seq__lte=F("room__members__joined_seq"))
    rows = Message.objects.filter(mine & before & ~_OPEN, room__in=room_keys)
    return list(rows.order_by("pk").values_list("pk", flat=True))


registry.add(
    Synced(
        "chats",
        (Kind.CHAT, Kind.SEAT),
        chats,
        ("chat_room", "chat_member"),
        parts=("chat_event", "accounts_user"),
    ),
    Synced(
        "messages",
        (Kind.MESSAGE,),
        messages,
        ("chat_message",),
        parts=("chat_reaction", "chat_mention", "chat_attachment", "chat_upload", "accounts_user"),
        tells_loss=False,
    ),
)
registry.scopes.append(rooms_of)
