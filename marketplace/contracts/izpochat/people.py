"""`/api/users`: becoming somebody, and looking people up."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import Surface, User
from accounts.serializers import AddressField, PasswordField, UsernameField
from accounts.services import profiles, registration, sign_in
from chat.models import Room
from marketplace.common.errors import DomainError, NotFound
from marketplace.common.idempotency import idempotent
from marketplace.common.net import client_ip
from marketplace.common.schema import REFUSED
from marketplace.common.validation import Shape
from marketplace.contracts import rooms
from marketplace.contracts.izpochat.doors import IzpoDoor
from marketplace.contracts.rooms import NumberedPersonOut, NumberedRoomOut, RoomsQuery, person
from marketplace.contracts.signing_in import BearerOut, token_for

MOST_OWN_ROOMS = 500


class UserNotFound(NotFound):
    code = "user_not_found"
    detail = "User not found"


class InactiveUser(DomainError):
    code = "inactive_user"
    detail = "Inactive user"


# ── Shapes ───────────────────────────────────────────────────────────────────────────────────────


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z0-9._-]+$", "minLength": 3, "maxLength": 50})
class IzpoUsernameField(UsernameField):
    pattern = re.compile(r"[A-Za-z0-9._-]+")


class IzpoRegisterBody(Shape):
    username = IzpoUsernameField()
    email = AddressField()
    password = PasswordField(min_length=6)
    full_name = serializers.CharField(max_length=100, required=False, allow_blank=True, allow_null=True)


class IzpoLoginBody(Shape):
    username = serializers.CharField(max_length=254)
    password = PasswordField()


class IzpoProfileBody(Shape):
    username = IzpoUsernameField(required=False, allow_null=True)
    email = AddressField(required=False, allow_null=True)
    full_name = serializers.CharField(max_length=100, required=False, allow_blank=True, allow_null=True)
    current_password = PasswordField(required=False, help_text="A new e-mail address needs it")


class IzpoUserOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    full_name = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(allow_null=True)


def account(user: User) -> dict[str, Any]:
    """What somebody sees of themselves."""
    facts = {"is_active": user.is_active, "created_at": user.created_at, "updated_at": user.updated_at}
    return {**person(user), "email": user.email, **facts}


# ── Doors ────────────────────────────────────────────────────────────────────────────────────────


class Register(IzpoDoor):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    rate_scope = "register"

    @extend_schema(request=IzpoRegisterBody, responses={201: IzpoUserOut})
    @idempotent
    def post(self, request: Request) -> Response:
        body = IzpoRegisterBody.read(request.data)
        name = body.pop("full_name", None) or ""
        return Response(account(registration.register(**body, name=name)), status=201)


class Login(IzpoDoor):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    rate_scope = "login"

    @extend_schema(request=IzpoLoginBody, responses={200: BearerOut, 401: REFUSED})
    def post(self, request: Request) -> Response:
        """With a user name, or an e-mail address in its place."""
        body = IzpoLoginBody.read(request.data)
        try:
            return Response(token_for(request, body["username"], body["password"], Surface.IZPOCHAT))
        except sign_in.Disabled as error:
            raise InactiveUser from error


class Me(IzpoDoor):
    is_about_oneself = True

    @extend_schema(responses=IzpoUserOut)
    def get(self, request: SignedIn) -> Response:
        return Response(account(request.user))

    @extend_schema(request=IzpoProfileBody, responses=IzpoUserOut)
    def put(self, request: SignedIn) -> Response:
        """What is left out stays. A new e-mail address needs `current_password` too."""
        body = IzpoProfileBody.read(request.data)
        proof = body.pop("current_password", "")
        if "full_name" in body:
            body["name"] = body.pop("full_name") or ""
        changes = {name: value for name, value in body.items() if value is not None}
        user = profiles.change(request.user, changes, proof=proof, address=client_ip(request))
        return Response(account(user))


class MyRooms(IzpoDoor):
    @extend_schema(responses=NumberedRoomOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """Where one is now, newest first."""
        own = Room.objects.groups().with_member(request.user).order_by("-pk")
        return Response(rooms.listed(own[:MOST_OWN_ROOMS]))


class People(IzpoDoor):
    @extend_schema(parameters=[RoomsQuery], responses=NumberedPersonOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """Newest first."""
        query = RoomsQuery.read(request.query_params)
        found = User.objects.visible_to(request.user).order_by("-pk")
        return Response([person(each) for each in found[query["skip"] : query["skip"] + query["limit"]]])


class OnePerson(IzpoDoor):
    @extend_schema(responses=NumberedPersonOut)
    def get(self, request: SignedIn, number: int) -> Response:
        return _found(User.objects.visible_to(request.user).filter(number=number).first())


class OneByName(IzpoDoor):
    @extend_schema(responses=NumberedPersonOut)
    def get(self, request: SignedIn, username: str) -> Response:
        return _found(User.objects.visible_to(request.user).with_username(username).first())


def _found(user: User | None) -> Response:
    if user is None:
        raise UserNotFound
    return Response(person(user))
