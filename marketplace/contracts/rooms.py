"""Groups as two families know them, under one address: IzpoChat with a slash at its end, Chat starter without."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import User
from chat.models import Member, Message, Room
from chat.services import groups, numbered, reading
from marketplace.common.idempotency import idempotent
from marketplace.common.jsonio import StrictJSONParser
from marketplace.common.validation import QueryShape, Shape
from marketplace.contracts.common import ContractDoor

MOST_MEMBERS_IN_LISTS = 200
MOST_MEMBERS = 1_000
WORDS = {"chat_not_found": "Room not found", "user_not_found": "User not found"}


# ── Shapes ───────────────────────────────────────────────────────────────────────────────────────


class RoomsQuery(QueryShape):
    skip = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=100)


class NumberedRoomBody(Shape):
    name = serializers.CharField(min_length=1, max_length=120)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, allow_null=True)
    is_private = serializers.BooleanField(required=False, allow_null=True, help_text="Null: no")


class NumberedRoomChanges(NumberedRoomBody):
    name = serializers.CharField(min_length=1, max_length=120, required=False)


class NumberedPersonOut(serializers.Serializer[Any]):
    """What anybody may see of somebody; an e-mail address is its owner's."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    full_name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True, help_text="Null: shown to its owner only")


class NumberedRoomOut(serializers.Serializer[Any]):
    """`members` are at most 200 in lists and 1,000 elsewhere, those who have been there longest."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    is_private = serializers.BooleanField()
    owner_id = serializers.IntegerField()
    owner = NumberedPersonOut()
    members = NumberedPersonOut(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(allow_null=True)


def person(user: User) -> dict[str, Any]:
    return {"id": user.number, "username": user.username, "full_name": user.name or None, "email": None}


def sender_of(said: Message) -> User:
    assert said.sender is not None, "in groups the product itself says nothing"
    return said.sender


def shown(room: Room, members: list[Member]) -> dict[str, Any]:
    assert room.owner is not None, "a group has an owner"
    return {
        "id": room.number,
        "name": room.name,
        "description": room.description or None,
        "is_private": room.is_private,
        "owner_id": room.owner.number,
        "owner": person(room.owner),
        "members": [person(each.user) for each in members],
        "created_at": room.created_at,
        "updated_at": room.updated_at,
    }


def listed(rooms: Any) -> list[dict[str, Any]]:
    return [shown(room, room.participants) for room in rooms.with_members(MOST_MEMBERS_IN_LISTS)]


def one(user: User, number: int, *, status: int = 200) -> Response:
    room = numbered.group(user, number)
    return Response(shown(room, list(reading.members_in(room)[:MOST_MEMBERS])), status=status)


# ── Doors ────────────────────────────────────────────────────────────────────────────────────────


class RoomDoor(ContractDoor):
    contracts: ClassVar[tuple[str, ...]] = ("IzpoChat",)
    words = WORDS
    parser_classes = (StrictJSONParser,)


class CreatesRooms(RoomDoor):
    @extend_schema(request=NumberedRoomBody, responses={201: NumberedRoomOut})
    @idempotent
    def post(self, request: SignedIn) -> Response:
        """Who makes a room owns it and is its first member."""
        body = {name: value for name, value in NumberedRoomBody.read(request.data).items() if value is not None}
        return one(request.user, groups.create(request.user, **body).number, status=201)


class PublicRooms(CreatesRooms):
    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(parameters=[RoomsQuery], responses=NumberedRoomOut(many=True))
    def get(self, request: Request) -> Response:
        """What anybody may join, newest first; without a token as well."""
        query = RoomsQuery.read(request.query_params)
        rooms = Room.objects.public_groups().visible_to(request.user).order_by("-pk")
        return Response(listed(rooms[query["skip"] : query["skip"] + query["limit"]]))


class ReachableRooms(CreatesRooms):
    contracts = ("Chat starter",)

    @extend_schema(parameters=[RoomsQuery], responses=NumberedRoomOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """What anybody may join, and one's own; newest first."""
        query = RoomsQuery.read(request.query_params)
        rooms = Room.objects.groups_within_reach(request.user).order_by("-pk")
        return Response(listed(rooms[query["skip"] : query["skip"] + query["limit"]]))


class OneRoom(RoomDoor):
    contracts = ("IzpoChat", "Chat starter")

    @extend_schema(responses=NumberedRoomOut)
    def get(self, request: SignedIn, number: int) -> Response:
        return one(request.user, number)

    @extend_schema(request=NumberedRoomChanges, responses=NumberedRoomOut)
    def put(self, request: SignedIn, number: int) -> Response:
        """By who leads the room; what is left out stays."""
        body = NumberedRoomChanges.read(request.data)
        if "description" in body:
            body["description"] = body["description"] or ""
        wanted = {name: value for name, value in body.items() if value is not None}
        groups.change(request.user, numbered.group(request.user, number).pk, **wanted)
        return one(request.user, number)
