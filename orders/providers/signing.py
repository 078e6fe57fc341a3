"""Signatures of webhooks, in the form that Stripe made common: `t=<seconds>,v1=<hex>`, over `<seconds>.<raw body>`."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Iterable

from orders.providers.base import BadSignature

MOST_SKEW_SECONDS = 300
_AT = re.compile(r"[0-9]{1,12}")
_MOST_SIGNATURES = 8


def sign(raw: bytes, secret: str, *, at: int | None = None) -> str:
    at = int(time.time()) if at is None else at
    return f"t={at},v1={_digest(raw, secret, str(at))}"


def verify(header: str, raw: bytes, secrets: Iterable[str], *, now: float | None = None) -> None:
    """Several secrets live at once while one is replaced by the next. Old is as bad as forged."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    at = next((value for name, _, value in parts if name == "t"), "")
    given = [value for name, _, value in parts if name == "v1"][:_MOST_SIGNATURES]
    now = time.time() if now is None else now
    if not _AT.fullmatch(at) or abs(now - int(at)) > MOST_SKEW_SECONDS:
        raise BadSignature
    wanted = [_digest(raw, secret, at) for secret in secrets if secret]
    # all are compared, so that the time it takes says nothing
    matches = [hmac.compare_digest(one.encode(), other.encode()) for one in wanted for other in given]
    if not any(matches):
        raise BadSignature


def _digest(raw: bytes, secret: str, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + raw, hashlib.sha256).hexdigest()
