"""Tokens are written from a session row alone, so the same row always gives the same pair.

That is what lets a refresh whose answer got lost be answered again without keeping any token in the database.
Claims are ASCII and hold nothing but ids and times: `sub`, `sid`, `typ`, `jti`, `iat`, `exp`. Rights are never read
from a token. Of ASCII, only `>`, `?`, `~` and DEL can become a `-` or `_` in base64url, and none of them stands in a
claim: so browsers that read claims with `atob`, which knows neither, can read all of ours.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts.models import Session, Surface
from marketplace.common.errors import Unauthenticated
from marketplace.common.shortlived import ShortLived

Kind = TypeVar("Kind", bound=Token)
WITH_REFRESH = (Surface.CAMPUS, Surface.WEB)
REMEMBERED_SECONDS = 30.0


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


# What was read in a token that was genuine, by its digest: a signature does not change, so only its end is asked again
genuine: ShortLived[bytes, Claims] = ShortLived(REMEMBERED_SECONDS, most=8_192)


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


def read_access(raw: str) -> Claims:
    """Whether session and account are still good is another question, and not answered here."""
    digest = _digest_of(raw)
    known = genuine.peek(digest)
    if known is not None and time.time() < known.expires_at.timestamp():
        return known
    claims = _read(AccessToken, raw)
    genuine.put(digest, claims)
    return claims


def _digest_of(raw: str) -> bytes:
    """Keyed with what signs tokens: with another key, nothing is remembered."""
    key = hashlib.sha256(str(settings.SIMPLE_JWT["SIGNING_KEY"]).encode()).digest()
    return hashlib.blake2b(raw.encode("utf-8", "surrogateescape"), key=key, digest_size=32).digest()


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
