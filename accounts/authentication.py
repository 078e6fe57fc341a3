"""`Authorization: Bearer …` -> the person, if token, session and account are all still good, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, cast
from uuid import UUID

import structlog
from django.db import DEFAULT_DB_ALIAS
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens import BadToken, Claims, read_access
from marketplace.common.errors import Unauthenticated
from marketplace.common.postgis import fixed
from marketplace.common.shortlived import ShortLived

if TYPE_CHECKING:
    from rest_framework.viewsets import ViewSet as Base
else:
    Base = object

_BEHIND = """
SELECT {columns} FROM accounts_user u
WHERE u.id = %(user)s AND u.is_active
  AND EXISTS (SELECT FROM accounts_session s WHERE s.id = %(session)s AND s.user_id = u.id AND s.revoked_at IS NULL)
"""
READERS_SECONDS = 3.0
readers: ShortLived[tuple[UUID, UUID], User] = ShortLived(READERS_SECONDS, most=4_096)


class NoSuchUser(Unauthenticated):
    code = "user_not_found"
    detail = "User not found"


class SignedIn(Request):
    """A request whose person is known: what a door with `IsAuthenticated` receives."""

    user: User
    auth: Claims


class TokenAuthentication(BaseAuthentication):
    """No header is anonymous; a header that is no good is a 401, never a quiet anonymous."""

    def authenticate(self, request: Request) -> tuple[User, Claims] | None:
        scheme, _, raw = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise BadToken
        claims = read_access(raw.strip())
        user = self.person(claims)
        structlog.contextvars.bind_contextvars(user_id=str(user.pk))
        return user, claims

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def person(self, claims: Claims) -> User:
        return person_behind(claims)


class ReaderAuthentication(TokenAuthentication):
    """For doors that only read: the token is checked every time, the account and its session every few seconds.

    Who is disabled or signed out is gone from these within READERS_SECONDS, and from all others at once. The person
    is shared between requests: look, do not touch.
    """

    def person(self, claims: Claims) -> User:
        return readers.get((claims.user_id, claims.session_id), lambda: person_behind(claims))


class ReadsLightly(Base):
    """For a viewset whose reads are asked for by many: they look at the account every few seconds."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """By the method: DRF asks before it knows the action."""
        request = getattr(self, "request", None)
        is_read = request is not None and request.method in ("GET", "HEAD")
        if is_read and not getattr(self, "swagger_fake_view", False):  # to the schema all tokens are the same
            return [ReaderAuthentication()]
        return super().get_authenticators()


@dataclass(frozen=True)
class Bearer:
    """Whom a genuine token names. Whether they are still welcome is for somebody else to ask."""

    pk: UUID
    is_authenticated: ClassVar[bool] = True
    is_staff: ClassVar[bool] = False


class ClaimsAuthentication(TokenAuthentication):
    """For a door whose own statement asks for account and session, in the transaction that writes."""

    def person(self, claims: Claims) -> User:
        return cast(User, Bearer(claims.user_id))


def person_behind(claims: Claims) -> User:
    """Asked before almost everything, so its text is put together once; a test compares it with `signed_in_with`."""
    row = fixed.ask(_behind(), {"user": claims.user_id, "session": claims.session_id})
    if row is not None:
        return User.from_db(DEFAULT_DB_ALIAS, _columns()[0], row)
    raise BadToken if User.objects.filter(pk=claims.user_id).exists() else NoSuchUser


@cache
def _columns() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of a person: what the model calls them, and what the database does."""
    fields = User._meta.concrete_fields
    return tuple(str(field.attname) for field in fields), tuple(str(field.column) for field in fields)


@cache
def _behind() -> str:
    return _BEHIND.format(columns=", ".join(f'u."{column}"' for column in _columns()[1]))
