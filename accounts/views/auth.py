"""`/v1/auth/…`: becoming, proving and ceasing to be signed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import serializers as shapes
from accounts.authentication import SignedIn
from accounts.models import Session, Surface
from accounts.services import passwords, registration, sessions, sign_in, verification
from accounts.tokens import pair_for
from marketplace.common import ratelimit
from marketplace.common.api import Door
from marketplace.common.idempotency import idempotent
from marketplace.common.net import client_ip
from marketplace.common.schema import REFUSED

DONE = {"ok": True}


class OpenDoor(Door):
    """For people who cannot show a token yet; a stale one in the header is not held against them."""

    permission_classes = (AllowAny,)
    authentication_classes = ()


class Register(OpenDoor):
    rate_scope = "register"

    @extend_schema(request=shapes.RegisterBody, responses={201: shapes.MeOut})
    @idempotent
    def post(self, request: Request) -> Response:
        body = shapes.RegisterBody.read(request.data)
        person = registration.register(
            **{**body, "campus": body.get("campus") or None},
            allowed_domains=settings.CAMPUS_EMAIL_DOMAINS,
        )
        return Response(shapes.MeOut(person).data, status=201)


class Login(OpenDoor):
    rate_scope = "login"

    @extend_schema(request=shapes.LoginBody, responses={200: shapes.TokenPairOut, 401: REFUSED})
    def post(self, request: Request) -> Response:
        body = shapes.LoginBody.read(request.data)
        session = sign_in.sign_in(
            body["email"],
            body["password"],
            surface=Surface.CAMPUS,
            address=client_ip(request),
            user_agent=request.headers.get("User-Agent", ""),
            now=timezone.now(),
        )
        return Response(pair_for(session).body())


class Refresh(OpenDoor):
    rate_scope = "refresh"

    @extend_schema(request=shapes.RefreshBody, responses={200: shapes.TokenPairOut, 401: REFUSED})
    def post(self, request: Request) -> Response:
        body = shapes.RefreshBody.read(request.data)
        return Response(sessions.refresh(body["refresh_token"], now=timezone.now()).body())


class Me(Door):
    @extend_schema(responses=shapes.MeOut)
    def get(self, request: SignedIn) -> Response:
        return Response(shapes.MeOut(request.user).data)


class Logout(Door):
    @extend_schema(request=shapes.LogoutBody, responses=shapes.DoneOut)
    def post(self, request: SignedIn) -> Response:
        everywhere = shapes.LogoutBody.read(request.data)["everywhere"]
        only = None if everywhere else request.auth.session_id
        sessions.end_sessions(request.user, by=Session.Ended.LOGOUT, now=timezone.now(), only=only)
        return Response(DONE)


class Sessions(Door):
    @extend_schema(responses=shapes.SessionOut(many=True))
    def get(self, request: SignedIn) -> Response:
        rows = request.user.sessions.open().order_by("-rotated_at")[:50]
        context = {"current": request.auth.session_id}
        return Response(shapes.SessionOut(rows, many=True, context=context).data)


class OneSession(Door):
    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, session_id: Any) -> Response:
        sessions.end_session(request.user, session_id, by=Session.Ended.LOGOUT, now=timezone.now())
        return Response(status=204)


class ChangePassword(Door):
    rate_scope = "login"

    @extend_schema(request=shapes.ChangePasswordBody, responses=shapes.TokenPairOut)
    def post(self, request: SignedIn) -> Response:
        """Ends every session, this one too, and answers with the tokens of a new one."""
        body = shapes.ChangePasswordBody.read(request.data)
        now = timezone.now()
        passwords.change_password(
            request.user,
            current=body["current_password"],
            new=body["new_password"],
            address=client_ip(request),
            now=now,
        )
        session = sign_in.open_session(
            request.user,
            surface=Surface.CAMPUS,
            address=client_ip(request),
            user_agent=request.headers.get("User-Agent", ""),
            now=now,
        )
        return Response(pair_for(session).body())


class LetterDoor(OpenDoor):
    rate_scope = "password_mail"

    @extend_schema(request=shapes.MailBody, responses={202: shapes.DoneOut})
    def post(self, request: Request) -> Response:
        """The reply says nothing about whether there is such an account."""
        email = shapes.MailBody.read(request.data)["email"]
        ticket = ratelimit.take("password_mail", f"to:{email}", sensitive=True)
        if ticket is None or ticket.allowed:  # else silently: a stranger must not learn, nor an owner be locked out
            self.ask_for_letter(email)
        return Response(DONE, status=202)

    def ask_for_letter(self, email: str) -> None:
        raise NotImplementedError


class ForgotPassword(LetterDoor):
    def ask_for_letter(self, email: str) -> None:
        passwords.request_reset(email)


class RequestVerification(LetterDoor):
    def ask_for_letter(self, email: str) -> None:
        verification.request_verification(email)


class ResetPassword(OpenDoor):
    rate_scope = "login"

    @extend_schema(request=shapes.ResetPasswordBody, responses=shapes.DoneOut)
    def post(self, request: Request) -> Response:
        body = shapes.ResetPasswordBody.read(request.data)
        passwords.reset_password(body["token"], new=body["password"], now=timezone.now())
        return Response(DONE)


class VerifyEmail(OpenDoor):
    rate_scope = "login"

    @extend_schema(request=shapes.TokenBody, responses=shapes.DoneOut)
    def post(self, request: Request) -> Response:
        verification.verify_email(shapes.TokenBody.read(request.data)["token"], now=timezone.now())
        return Response(DONE)
