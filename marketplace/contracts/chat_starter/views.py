"""`/api/auth`, and `/api/messages`. Its rooms it shares with IzpoChat."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import Surface, User
from accounts.serializers import PasswordField, UsernameField
from accounts.services import registration
from chat import frames
from chat.models import Message, Room
from chat.services import numbered, reading
from marketplace.common.idempotency import idempotent
from marketplace.common.jsonio import StrictJSONParser
from marketplace.common.schema import REFUSED
from marketplace.common.validation import QueryShape, Shape
from marketplace.contracts import rooms
from marketplace.contracts.chat_starter.times import stamp
from marketplace.contracts.common import ContractDoor
from marketplace.contracts.signing_in import BearerOut, token_for


class StarterDoor(ContractDoor):
    contracts = ("Chat starter",)
    words = rooms.WORDS
    parser_classes = (StrictJSONParser,)


# ── Shapes ───────────────────────────────────────────────────────────────────────────────────────


class StarterSignUpBody(Shape):
    username = UsernameField()
    password = PasswordField(min_length=6)


class StarterLoginBody(Shape):
    username = serializers.CharField(max_length=254)
    password = PasswordField()


class StarterHistoryQuery(QueryShape):
    skip = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0, help_text="Of the newest")
    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=1_000)


class StarterRecentQuery(QueryShape):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class StarterUserOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    created_at = serializers.DateTimeField()


class StarterMessageOut(serializers.Serializer[Any]):
    """As the socket says it, with its number."""

    id = serializers.IntegerField()
    type = serializers.CharField(help_text="Always `message`")
    room_id = serializers.IntegerField()
    sender = serializers.CharField(help_text="A user name")
    message = serializers.CharField()
    timestamp = serializers.CharField(help_text="UTC, to the second: `2024-01-01T12:00:00`")


def account(user: User) -> dict[str, Any]:
    return {"id": user.number, "username": user.username, "created_at": user.created_at}


def message(said: Message, room: Room) -> dict[str, Any]:
    at: datetime = said.created_at
    return {
        "id": said.number,
        "type": "message",
        "room_id": room.number,
        "sender": rooms.sender_of(said).username,
        "message": frames.plain_text(said) or "",
        "timestamp": stamp(at),
    }


# ── Doors ────────────────────────────────────────────────────────────────────────────────────────


class SignUp(StarterDoor):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    rate_scope = "register"

    @extend_schema(request=StarterSignUpBody, responses={201: StarterUserOut})
    @idempotent
    def post(self, request: Request) -> Response:
        """A name and a password are enough. Without an e-mail address nobody can send a new password."""
        return Response(account(registration.register(**StarterSignUpBody.read(request.data))), status=201)


class Login(StarterDoor):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    rate_scope = "login"

    @extend_schema(request=StarterLoginBody, responses={200: BearerOut, 401: REFUSED})
    def post(self, request: Request) -> Response:
        body = StarterLoginBody.read(request.data)
        return Response(token_for(request, body["username"], body["password"], Surface.CHAT_STARTER))


class Me(StarterDoor):
    is_about_oneself = True

    @extend_schema(responses=StarterUserOut)
    def get(self, request: SignedIn) -> Response:
        return Response(account(request.user))


class Messages(StarterDoor):
    @extend_schema(parameters=[StarterHistoryQuery], responses=StarterMessageOut(many=True))
    def get(self, request: SignedIn, number: int) -> Response:
        """Oldest first. Of a long history the last 1,000; `skip` goes further back."""
        query = StarterHistoryQuery.read(request.query_params)
        return _said(request.user, number, limit=query["limit"], offset=query["skip"])


class Recent(StarterDoor):
    @extend_schema(parameters=[StarterRecentQuery], responses=StarterMessageOut(many=True))
    def get(self, request: SignedIn, number: int) -> Response:
        """The last ones, oldest first."""
        return _said(request.user, number, limit=StarterRecentQuery.read(request.query_params)["limit"])


def _said(user: User, number: int, *, limit: int, offset: int = 0) -> Response:
    room = numbered.group(user, number)
    found = reading.said_in(user, room.pk, limit=limit, offset=offset)
    return Response([message(said, room) for said in reversed(found)])
