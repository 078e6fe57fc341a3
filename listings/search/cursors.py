"""Where a page ended: signed, and good for the same search by the same person only."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings

from listings.search.criteria import Criteria
from marketplace.common.errors import InvalidInput


@dataclass(frozen=True)
class Position:
    """The sort keys of the last row shown, as PostgreSQL wrote them. `loosely` stays as the first page had it."""

    keys: tuple[str, ...]
    loosely: bool


def write(position: Position, criteria: Criteria, viewer: Any) -> str:
    """Signed by hand: every page has one, and Django's signer takes longer than the rest of the envelope."""
    keys = urlsafe_b64encode(orjson.dumps([position.loosely, *position.keys])).rstrip(b"=")
    return f"{keys.decode()}.{_signature(keys, criteria, viewer)}"


def read(cursor: str, criteria: Criteria, viewer: Any) -> Position:
    keys, _, signature = cursor.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(keys.encode(), criteria, viewer).encode()):
        raise InvalidInput.one(["query", "cursor"], "This cursor is not valid here")
    loosely, *position = orjson.loads(urlsafe_b64decode(keys + "=" * (-len(keys) % 4)))
    return Position(tuple(position), loosely)


def _signature(keys: bytes, criteria: Criteria, viewer: Any) -> str:
    """24 bytes, so that the last letter has no spare bits."""
    said = f"cursor:listings:{viewer.pk}:{_asked(criteria)}:".encode() + keys
    return urlsafe_b64encode(hmac.digest(settings.SECRET_KEY.encode(), said, "sha256")[:24]).decode()


@lru_cache(maxsize=1_024)
def _asked(criteria: Criteria) -> str:
    """Many people ask the same, above all for the newest; to write it down takes longer than to sign it."""
    return repr(replace(criteria, sort=criteria.order, loosely=False))
