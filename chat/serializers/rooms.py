"""Rooms on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from chat import frames
from chat.models import Member, Room
from chat.serializers.messages import LARGEST_SEQ, MessageOut, SpeakerOut
from chat.services.reading import Shelf
from marketplace.common.validation import QueryShape, Shape

OWN_KINDS = [choice for choice in Room.Kind.choices if choice[0] != Room.Kind.BROADCAST]
GIVEN_ROLES = [choice for choice in Member.Role.choices if choice[0] in ("owner", "moderator", "member")]


class ChatBody(Shape):
    listing_id = serializers.UUIDField()


class DirectBody(Shape):
    user_id = serializers.UUIDField()


class ChatsQuery(QueryShape):
    listing_id = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)


class PublicRoomsQuery(QueryShape):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)


class RoomsQuery(PublicRoomsQuery):
    kind = serializers.ChoiceField(choices=OWN_KINDS, required=False)


class GroupBody(Shape):
    name = serializers.CharField(min_length=1, max_length=120)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    is_private = serializers.BooleanField(required=False)


class GroupChanges(Shape):
    name = serializers.CharField(min_length=1, max_length=120, required=False)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    is_private = serializers.BooleanField(required=False)
    slow_mode_seconds = serializers.IntegerField(min_value=0, max_value=3_600, required=False)


class MembersQuery(QueryShape):
    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=200)
    after = serializers.UUIDField(required=False, help_text="The last `user_id` of the page before")


class InviteBody(Shape):
    user_id = serializers.UUIDField(required=False)
    username = serializers.CharField(max_length=50, required=False)


class RoleBody(Shape):
    role = serializers.ChoiceField(choices=GIVEN_ROLES)


class RemoveQuery(QueryShape):
    ban = serializers.BooleanField(required=False, default=False)


class MuteBody(Shape):
    until = serializers.DateTimeField(allow_null=True, help_text="Null: no longer muted")


class UnreadBody(Shape):
    seq = serializers.IntegerField(min_value=1, max_value=LARGEST_SEQ)


class EventsQuery(QueryShape):
    since = serializers.IntegerField(min_value=0, max_value=LARGEST_SEQ, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=500, default=500)


class ParticipantOut(serializers.Serializer[Any]):
    chat_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=Member.Role.choices)
    state = serializers.ChoiceField(choices=Member.State.choices)
    joined_at = serializers.DateTimeField()
    last_read_seq = serializers.IntegerField()
    user = SpeakerOut()


class MemberOut(ParticipantOut):
    """`last_seen_at` is when they last had any room before their eyes; empty when it is not known or not told."""

    last_seen_at = serializers.DateTimeField(allow_null=True)


class RoomOut(serializers.Serializer[Any]):
    """`participants` are at most 50 in a group; `/v1/rooms/{id}/members` has all. `role` and `state` are one's own."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Room.Kind.choices)
    listing_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    description = serializers.CharField()
    is_private = serializers.BooleanField()
    is_closed = serializers.BooleanField()
    slow_mode_seconds = serializers.IntegerField()
    owner = SpeakerOut(allow_null=True)
    role = serializers.ChoiceField(choices=Member.Role.choices, allow_null=True)
    state = serializers.ChoiceField(choices=Member.State.choices, allow_null=True)
    muted_until = serializers.DateTimeField(allow_null=True)
    participants = ParticipantOut(many=True)
    epoch = serializers.UUIDField()
    last_seq = serializers.IntegerField()
    last_read_seq = serializers.IntegerField()
    unread_count = serializers.IntegerField()
    last_message = MessageOut(allow_null=True)
    created_at = serializers.DateTimeField()


class EventOut(serializers.Serializer[Any]):
    """Exactly what the socket sends for it; some kinds have further fields."""

    type = serializers.CharField()
    room = serializers.UUIDField()
    seq = serializers.IntegerField()
    actor_id = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()


class EventsOut(serializers.Serializer[Any]):
    events = EventOut(many=True, help_text="As `/v1/ws` sends them")
    epoch = serializers.UUIDField()
    last_seq = serializers.IntegerField()
    has_more = serializers.BooleanField()


def shown(shelf: Shelf) -> dict[str, Any]:
    room, mine = shelf.room, shelf.mine
    return {
        "id": room.pk,
        "kind": room.kind,
        "listing_id": room.listing_id,
        "name": room.name,
        "description": room.description,
        "is_private": room.is_private,
        "is_closed": room.closed_at is not None,
        "slow_mode_seconds": room.slow_mode_seconds,
        "owner": frames.person(room.owner),
        "role": mine.role if mine else None,
        "state": mine.state if mine else None,
        "muted_until": frames.stamp(mine.muted_until) if mine else None,
        "participants": [participant(each) for each in room.participants],  # type: ignore[attr-defined]  # by `shelved`
        "epoch": room.epoch,
        "last_seq": room.last_seq,
        "last_read_seq": mine.last_read_seq if mine else 0,
        "unread_count": shelf.unread,
        "last_message": frames.message(shelf.last_message) if shelf.last_message else None,
        "created_at": frames.stamp(room.created_at),
    }


def participant(member: Member) -> dict[str, Any]:
    return {
        "chat_id": member.room_id,
        "user_id": member.user_id,
        "role": member.role,
        "state": member.state,
        "joined_at": frames.stamp(member.joined_at),
        "last_read_seq": member.last_read_seq,
        "user": frames.person(member.user),
    }


def member_seen(member: Member, last_seen_at: datetime | None) -> dict[str, Any]:
    return {**participant(member), "last_seen_at": frames.stamp(last_seen_at)}
