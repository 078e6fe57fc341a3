"""Listings and their prices into the database by COPY, the one way to write 200,000 of them in a minute or two.

A chunk is one transaction: it is short enough to get in nobody's way, and what was committed stays when a later one
is broken off. No index is dropped for it: a site that has listings would be without its searches meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction

from listings.demo.offers import Offer
from listings.models import Brand, Category, Listing, ListingPrice
from marketplace.management import database

ROWS_AT_ONCE = 10_000
COLUMNS = (
    *("id", "seller_id", "title", "description", "category_id", "brand_id", "price_cents", "currency", "condition"),
    *("quantity", "reserved", "sold", "location", "price_suggestion_used", "quick_view_enabled", "state"),
    *("hidden_reason", "seller_is_active", "version", "created_at", "updated_at"),
)
CURRENCY = "COP"
AT_ONCE = 2  # PostgreSQL does most of the work, on one core for each connection

Part = TypeVar("Part")
Copied = TypeVar("Copied")


class Copier:
    def __init__(self, sellers: Sequence[UUID]) -> None:
        self._sellers = sellers
        self._categories = dict(Category.objects.values_list("slug", "id"))
        self._brands = dict(
            Brand.objects.order_by("-created_at", "-id").values_list("slug", "id")
        )  # the first of a name

    @transaction.atomic
    def add(self, offers: Sequence[Offer]) -> int:
        """How many of them are new."""
        known = set(Listing.objects.filter(pk__in=[offer.id for offer in offers]).values_list("pk", flat=True))
        new = [offer for offer in offers if offer.id not in known]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2min'")  # the part beside it may hold the same days of the past
        _copy(Listing, COLUMNS, [self._listing(offer) for offer in new])
        prices = [(offer.id, cents, CURRENCY, at) for offer in new for cents, at in offer.prices]
        _copy(ListingPrice, ("listing_id", "price_cents", "currency", "at"), prices)
        return len(new)

    def _listing(self, offer: Offer) -> tuple[Any, ...]:
        cents, changed_at = offer.prices[-1]
        place = None if offer.place is None else f"SRID=4326;POINT({offer.place[1]} {offer.place[0]})"
        return (
            *(offer.id, self._sellers[int(offer.seller * len(self._sellers))], offer.title, offer.description),
            *(self._categories[offer.category], self._brands.get(offer.good.brand or ""), cents, CURRENCY),
            *(offer.condition, offer.quantity, 0, 0, place, False, True, offer.state),
            *("", True, len(offer.prices), offer.created_at, changed_at),
        )


def side_by_side(copied: Callable[[Part], Copied], parts: Sequence[Part]) -> Iterator[Copied]:
    """In the order of the parts. A single one is copied by who asks, in the transaction that is open."""
    if len(parts) < AT_ONCE:
        yield from map(copied, parts)
        return

    def by_itself(part: Part) -> Copied:
        try:
            with database.unhurried():
                return copied(part)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(by_itself, parts)


def _copy(model: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    names = ", ".join(columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
