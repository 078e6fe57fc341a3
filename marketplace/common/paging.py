"""Endless lists: newest first, by a signed cursor. Inserts never shift or repeat a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import Model, QuerySet
from rest_framework import serializers

from marketplace.common.errors import InvalidInput
from marketplace.common.validation import QueryShape

Row = TypeVar("Row", bound=Model)


class CursorQuery(QueryShape):
    cursor = serializers.CharField(required=False, max_length=200)
    limit = serializers.IntegerField(required=False, default=20, min_value=1, max_value=100)


@dataclass(frozen=True)
class Page:
    items: list[Any]
    next_cursor: str | None

    @property
    def has_next(self) -> bool:
        return self.next_cursor is not None


def newest_first(rows: QuerySet[Row], *, scope: str, cursor: str | None, limit: int) -> Page:
    """Keyset by the time-ordered id; `scope` binds the cursor to one list of one person."""
    if cursor is not None:
        rows = rows.filter(pk__lt=_position(cursor, scope))
    found = list(rows.order_by("-pk")[: limit + 1])
    more = len(found) > limit
    last = found[limit - 1].pk if more else None
    return Page(found[:limit], signing.dumps(str(last), salt=f"cursor:{scope}") if more else None)


def _position(cursor: str, scope: str) -> UUID:
    try:
        return UUID(signing.loads(cursor, salt=f"cursor:{scope}"))
    except (signing.BadSignature, ValueError) as error:
        raise InvalidInput.one(["query", "cursor"], "This cursor is not valid here") from error
