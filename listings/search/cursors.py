"""Where a page ended: signed, and good for the same search by the same person only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from django.core import signing

from listings.search.criteria import Criteria
from marketplace.common.errors import InvalidInput


@dataclass(frozen=True)
class Position:
    """The sort keys of the last row shown, as PostgreSQL wrote them. `loosely` stays as the first page had it."""

    keys: tuple[str, ...]
    loosely: bool


def write(position: Position, criteria: Criteria, viewer: Any) -> str:
    return signing.dumps([int(position.loosely), *position.keys], salt=_salt(criteria, viewer))


def read(cursor: str, criteria: Criteria, viewer: Any) -> Position:
    try:
        loosely, *keys = signing.loads(cursor, salt=_salt(criteria, viewer))
    except (signing.BadSignature, ValueError) as error:
        raise InvalidInput.one(["query", "cursor"], "This cursor is not valid here") from error
    return Position(tuple(keys), bool(loosely))


def _salt(criteria: Criteria, viewer: Any) -> str:
    asked = replace(criteria, sort=criteria.order, loosely=False)
    return f"cursor:listings:{viewer.pk}:{hashlib.sha256(repr(asked).encode()).hexdigest()}"
