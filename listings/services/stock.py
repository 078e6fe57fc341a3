"""The pieces of a listing: held for an order, sold with it, or given back. One conditional UPDATE each.

Nobody reads first and writes then: thirty buyers of the last three pieces get three. A CHECK stands behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

_HOLD = """
UPDATE listings_listing
SET reserved = reserved + %(pieces)s, version = version + 1, updated_at = clock_timestamp()
WHERE id = %(listing)s AND is_active AND seller_id <> %(buyer)s AND quantity - reserved - sold >= %(pieces)s
  AND {provided}
RETURNING seller_id, price_cents, currency, title, description, condition, category_id, version
"""
_GIVE_BACK = """
UPDATE listings_listing SET reserved = reserved - %(pieces)s, version = version + 1, updated_at = clock_timestamp()
WHERE id = %(listing)s
"""
# The last piece sold makes it a sold one, unless the owner has put it away meanwhile
_SELL = """
UPDATE listings_listing SET
  reserved = reserved - %(pieces)s, sold = sold + %(pieces)s,
  state = CASE WHEN sold + %(pieces)s = quantity AND state IN ('live', 'paused') THEN 'sold' ELSE state END,
  version = version + 1, updated_at = clock_timestamp()
WHERE id = %(listing)s
"""


@dataclass(frozen=True)
class Held:
    """The offer as it stood when the pieces were held."""

    seller_id: UUID
    price_cents: int
    currency: str
    title: str
    description: str | None
    condition: str | None
    category_id: UUID
    version: int

    def as_bought(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "description": self.description,
            "condition": self.condition,
            "category_id": str(self.category_id),
            "version": self.version,
        }


def holding(*, provided: str = "true") -> str:
    """The statement that holds pieces, for whoever makes it part of a larger one."""
    return _HOLD.format(provided=provided)


def hold(listing_id: UUID, *, pieces: int, buyer_id: UUID) -> Held | None:
    """None when there are not so many left, it is not on offer, or it is the buyer's own."""
    with connection.cursor() as cursor:
        cursor.execute(holding(), {"listing": listing_id, "pieces": pieces, "buyer": buyer_id})
        row = cursor.fetchone()
        return None if row is None else Held(*row)


def give_back(listing_id: UUID, *, pieces: int) -> None:
    _change(_GIVE_BACK, listing_id, pieces)


def sell(listing_id: UUID, *, pieces: int) -> None:
    _change(_SELL, listing_id, pieces)


def _change(statement: str, listing_id: UUID, pieces: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"listing": listing_id, "pieces": pieces})
