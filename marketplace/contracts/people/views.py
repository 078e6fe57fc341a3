"""One account for all families: its doors."""

from __future__ import annotations

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import Surface, User
from accounts.services import people, portraits, registration
from accounts.tokens import pair_for
from listings.services.pictures import receiving
from marketplace.common.errors import DomainError, NotFound
from marketplace.common.idempotency import idempotent
from marketplace.common.schema import REFUSED
from marketplace.contracts.common import (
    AccountOut,
    ContractDoor,
    PasserByOut,
    account,
    forms,
    in_body,
    passer_by,
    sent,
)
from marketplace.contracts.people import shapes
from marketplace.contracts.people.words import SUPPORT_WORDS, WORDS
from marketplace.contracts.signing_in import session_for

PORTRAIT_PIXELS = 512
SPANISH = "es"


class PersonNotFound(NotFound):
    code = "person_not_found"
    detail = "User not found"


class SharedDoor(ContractDoor):
    contracts = ("PoliMarket", "SoporteIT")
    words = WORDS


class OpenDoor(SharedDoor):
    """A stale token in the header is not held against who cannot have another yet."""

    permission_classes = (AllowAny,)
    authentication_classes = ()


class Register(OpenDoor):
    rate_scope = "register"

    @extend_schema(request=forms(shapes.RegisterForm), responses={200: shapes.RegisteredOut, 201: AccountOut})
    @idempotent
    def post(self, request: Request) -> Response:
        """With `role` or `username` as SoporteIT registers (201 and the account), else as PoliMarket does (200)."""
        facts = sent(request)
        return self._support(facts) if {"role", "username"} & facts.keys() else self._student(facts)

    def _student(self, facts: dict[str, object]) -> Response:
        body = shapes.StudentBody.read(facts)
        domains = settings.POLIMARKET_EMAIL_DOMAINS
        person = registration.register(**body, language=SPANISH, allowed_domains=domains)
        return Response({"id": person.number})

    def _support(self, facts: dict[str, object]) -> Response:
        body = shapes.SupportBody.read(facts)
        names = body.pop("full_name", None), body.pop("name", None)
        try:
            person = registration.register(**body, name=next(filter(None, names), ""))
        except DomainError as error:
            if error.code in SUPPORT_WORDS:
                raise type(error)(SUPPORT_WORDS[error.code]) from error
            raise
        return Response(account(person), status=201)


class Login(OpenDoor):
    rate_scope = "login"

    @extend_schema(request=forms(shapes.OAuthForm), responses={200: shapes.TokenOut, 401: REFUSED})
    def post(self, request: Request) -> Response:
        """A form as OAuth2 has it, or JSON. The token is good on every surface: for a day with an e-mail address as
        `username`, as PoliMarket has it, else for SoporteIT's hour."""
        body = shapes.SignInForm.read(in_body(request))  # an address with a password in it ends up in logs
        surface = Surface.POLIMARKET if "@" in body.get("username", "") else Surface.SOPORTEIT
        session = session_for(request, body.get("username") or body["email"], body["password"], surface)
        return Response({**pair_for(session).body(), "role": session.user.role})


class WhoAmI(SharedDoor):
    is_about_oneself = True

    @extend_schema(responses=AccountOut)
    def get(self, request: SignedIn) -> Response:
        return Response(account(request.user))


class Myself(SharedDoor):
    is_about_oneself = True

    @extend_schema(responses=AccountOut)
    def get(self, request: SignedIn) -> Response:
        return Response(account(request.user))

    @extend_schema(request=forms(shapes.ProfileForm), responses=AccountOut)
    def put(self, request: SignedIn) -> Response:
        """What is left out, or empty, stays as it is. A picture is drawn anew and made small."""
        body = shapes.ProfileForm.read(sent(request))
        person = request.user
        if "file" in body:
            limit = settings.PICTURE_MAX_BYTES
            small = receiving.small_version(body["file"], pixels=PORTRAIT_PIXELS, max_bytes=limit)
            person = portraits.change(person, small)
        if body.get("name"):
            person = people.update_profile(person, {"name": body["name"]})
        return Response(account(person))


class SomeBody(SharedDoor):
    permission_classes = (AllowAny,)

    @extend_schema(responses=PasserByOut)
    def get(self, request: Request, number: int) -> Response:
        """Of oneself there is more: as in `/users/me`."""
        rows = User.objects.visible_to(request.user) if request.user.is_authenticated else User.objects.active()
        person = rows.filter(number=number).first()
        if person is None:
            raise PersonNotFound
        return Response(account(person) if person == request.user else passer_by(person))
