"""`/users/admins`, `/users/clients` and `/messages/…`. Signing in it shares with PoliMarket, in `people`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import User
from accounts.models.person import Role
from chat import frames
from chat.services import posting
from chat.services.posting import Posted
from chat.services.sending import Draft
from marketplace.common import ratelimit
from marketplace.common.idempotency import idempotent
from marketplace.common.jsonio import StrictJSONParser
from marketplace.common.validation import QueryShape, Shape
from marketplace.contracts.common import ContractDoor

MOST_PEOPLE = 500
WORDS = dict.fromkeys(("not_authenticated", "invalid_token", "user_not_found"), "Could not validate credentials")


class SupportDoor(ContractDoor):
    contracts = ("SoporteIT",)
    words = WORDS
    parser_classes = (StrictJSONParser,)


# ── Shapes ───────────────────────────────────────────────────────────────────────────────────────


class SupportHistoryQuery(QueryShape):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class SupportMessageBody(Shape):
    content = serializers.CharField(min_length=1, max_length=1000, trim_whitespace=False)
    receiver_id = serializers.IntegerField(required=False, allow_null=True, help_text="Left out: everybody")


class SupportPersonOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField(allow_null=True, help_text="Null: shown to its owner only")
    full_name = serializers.CharField(allow_null=True)
    role = serializers.CharField(help_text="`admin` or `user`")
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class SupportMessageOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    sender_id = serializers.IntegerField()
    receiver_id = serializers.IntegerField(allow_null=True, help_text="Null: everybody")
    content = serializers.CharField()
    created_at = serializers.DateTimeField()


def person(user: User, *, seen_by: User) -> dict[str, Any]:
    return {
        "id": user.number,
        "username": user.username,
        "email": user.email if user.pk == seen_by.pk else None,
        "full_name": user.name or None,
        "role": user.role,
        "is_active": user.is_active,
        "created_at": user.created_at,
    }


def message(posted: Posted) -> dict[str, Any]:
    said = posted.message
    return {
        "id": said.number,
        "sender_id": posted.sender.number,
        "receiver_id": posted.receiver_number,
        "content": frames.plain_text(said) or "",
        "created_at": said.created_at,
    }


# ── Doors ────────────────────────────────────────────────────────────────────────────────────────


class Admins(SupportDoor):
    @extend_schema(responses=SupportPersonOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """Who registered as one, newest first. It is a fact of this family and gives no power."""
        return _with_role(request.user, Role.ADMIN)


class Clients(SupportDoor):
    @extend_schema(responses=SupportPersonOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """Who registered as one, newest first; nobody of another family."""
        return _with_role(request.user, Role.USER)


def _with_role(viewer: User, role: Role) -> Response:
    found = User.objects.visible_to(viewer).filter(role=role).order_by("-pk")[:MOST_PEOPLE]
    return Response([person(each, seen_by=viewer) for each in found])


class History(SupportDoor):
    @extend_schema(parameters=[SupportHistoryQuery], responses=SupportMessageOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """To everybody, to you and by you; newest first."""
        limit = SupportHistoryQuery.read(request.query_params)["limit"]
        return Response([message(each) for each in posting.concerning(request.user, limit=limit)])


class Send(SupportDoor):
    @extend_schema(request=SupportMessageBody, responses={201: SupportMessageOut})
    @idempotent
    def post(self, request: SignedIn) -> Response:
        ratelimit.require("chat_send", str(request.user.pk))
        body = SupportMessageBody.read(request.data)
        posted = posting.post(request.user, Draft(body["content"]), receiver_number=body.get("receiver_id"))
        return Response(message(posted), status=201)
