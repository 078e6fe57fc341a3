"""Where a page ended: sealed, and good for the same search by the same person only.

Sealed, not only signed: among the sort keys is how far the last thing is, to the nanometre, and from three such
distances anybody could reckon the place that strangers are not to know. The same place is always sealed alike, so the
same page stays the same answer.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

from listings.search.criteria import Criteria
from marketplace.common.errors import InvalidInput

TAG_BYTES = 16


@dataclass(frozen=True)
class Position:
    """The sort keys of the last row shown, as PostgreSQL wrote them. `loosely` stays as the first page had it."""

    keys: tuple[str, ...]
    loosely: bool


def write(position: Position, criteria: Criteria, viewer: Any) -> str:
    keys = orjson.dumps([position.loosely, *position.keys])
    keys += b" " * (-(len(keys) + TAG_BYTES) % 3)  # so that the last letter has no spare bits
    sealed = _seal(settings.SECRET_KEY).encrypt(keys, [_of(criteria, viewer)])
    return urlsafe_b64encode(sealed).decode()


def read(cursor: str, criteria: Criteria, viewer: Any) -> Position:
    try:
        keys = _seal(settings.SECRET_KEY).decrypt(urlsafe_b64decode(cursor), [_of(criteria, viewer)])
    except (ValueError, InvalidTag) as error:  # not Base64 or too short; another's or tampered with
        raise InvalidInput.one(["query", "cursor"], "This cursor is not valid here") from error
    loosely, *position = orjson.loads(keys)
    return Position(tuple(position), loosely)


@lru_cache(maxsize=4)
def _seal(secret: str) -> AESSIV:
    return AESSIV(hmac.digest(secret.encode(), b"cursor:listings", "sha512"))


def _of(criteria: Criteria, viewer: Any) -> bytes:
    return f"{viewer.pk}:{_asked(criteria)}".encode()


@lru_cache(maxsize=1_024)
def _asked(criteria: Criteria) -> str:
    """Many people ask the same, above all for the newest; to write it down takes longer than to seal it."""
    return repr(replace(criteria, sort=criteria.order, loosely=False))
