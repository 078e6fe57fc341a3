"""Tokens are written from a session row alone, so the same row always gives the same pair.

That is what lets a refresh whose answer got lost be answered again without keeping any token in the database.
Claims are ASCII and hold nothing but ids and times: `sub`, `sid`, `typ`, `jti`, `iat`, `exp`. Rights are never read
from a token.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts.models import Session, Surface
from marketplace.common.errors import Unauthenticated

Kind = TypeVar("Kind", bound=Token)
WITH_REFRESH = (Surface.CAMPUS, Surface.WEB)


class BadToken(Unauthenticated):
    code = "invalid_token"
    detail = "Invalid or expired token"


@dataclass(frozen=True)
class Claims:
    user_id: UUID
    session_id: UUID
    token_id: UUID
    expires_at: datetime


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str | None

    def body(self) -> dict[str, str]:
        pair = {"access_token": self.access, "token_type": "bearer"}
        return pair if self.refresh is None else {**pair, "refresh_token": self.refresh}


def access_life(surface: str) -> timedelta:
    return timedelta(minutes=settings.ACCESS_MINUTES_BY_SURFACE[surface])


def pair_for(session: Session) -> TokenPair:
    access = _write(AccessToken, session, session.rotated_at + access_life(session.surface))
    if session.surface not in WITH_REFRESH:
        return TokenPair(access, None)
    return TokenPair(access, _write(RefreshToken, session, session.expires_at))


def _write(kind: type[Token], session: Session, expires_at: datetime) -> str:
    token = kind()
    token.payload = {
        "sub": str(session.user_id),
        "sid": str(session.pk),
        "typ": kind.token_type,
        "jti": session.refresh_id.hex,
        "iat": int(session.rotated_at.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return str(token)


def read_access(raw: str | bytes) -> Claims:
    return _read(AccessToken, raw)


def read_refresh(raw: str) -> Claims:
    return _read(RefreshToken, raw)


def _read(kind: type[Token], raw: str | bytes) -> Claims:
    """Signature, algorithm, type and expiry first; then claims that are what they should be."""
    try:
        token = kind(raw)  # type: ignore[arg-type]
        return Claims(
            user_id=UUID(token["sub"]),
            session_id=UUID(token["sid"]),
            token_id=UUID(token["jti"]),
            expires_at=datetime.fromtimestamp(token["exp"], tz=UTC),
        )
    except (TokenError, KeyError, ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise BadToken from error
