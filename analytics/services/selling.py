"""A seller's own numbers: what was looked at, liked, asked for and sold, by listing and by day.

Four questions, each answered by the database in groups of a listing and a day; what stands here adds them up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce, TruncDate

from accounts.models import User
from analytics.querysets.looks import LOOKS
from analytics.querysets.talks import ANSWERING_BY_DAY
from analytics.querysets.window import DAY, Window, midnight
from analytics.services.answering import MINUTE
from listings.models import Favourite, Listing
from orders.lifecycle import Status
from orders.models import Order

MOST_LISTINGS = 100
SOLD = (Status.PAID, Status.SHIPPED, Status.COMPLETED)


@dataclass
class Sales:
    currency: str
    count: int = 0
    cents: int = 0


@dataclass
class Figures:
    views: int = 0
    favourites: int = 0
    conversations: int = 0
    replies: int = 0
    waited: timedelta = timedelta()  # by all who were answered, together
    by_currency: dict[str, Sales] = field(default_factory=dict)

    @property
    def sales(self) -> list[Sales]:
        return [self.by_currency[currency] for currency in sorted(self.by_currency)]

    @property
    def response_rate(self) -> float | None:
        return round(self.replies / self.conversations, 4) if self.conversations else None

    @property
    def average_response_minutes(self) -> float | None:
        return round(self.waited / self.replies / MINUTE, 2) if self.replies else None


@dataclass
class ListingFigures(Figures):
    listing_id: UUID | None = None
    title: str = ""
    is_active: bool = False


@dataclass
class DayFigures(Figures):
    day: date | None = None


class Numbers:
    """Whatever is added counts for the whole, for its listing and for its day."""

    def __init__(self, window: Window) -> None:
        self.start, self.end = window.start, window.end
        self.totals = Figures()
        self._listings: dict[UUID, ListingFigures] = {}
        self._days = {day: DayFigures(day=day) for day in _days_of(window)}

    def at(self, listing_id: UUID, day: date) -> tuple[Figures, ...]:
        of_listing = self._listings.setdefault(listing_id, ListingFigures(listing_id=listing_id))
        return self.totals, of_listing, self._days[day]

    @property
    def days(self) -> list[DayFigures]:
        return list(self._days.values())

    @property
    def listings(self) -> list[ListingFigures]:
        def weight(each: ListingFigures) -> tuple[Any, ...]:
            return -each.views, -each.conversations, -each.favourites, str(each.listing_id)

        return sorted(self._listings.values(), key=weight)[:MOST_LISTINGS]


def numbers_of(seller: User, window: Window) -> Numbers:
    numbers = Numbers(window)
    for listing, day, count in _asked(LOOKS, seller, window):
        for figures in numbers.at(listing, day):
            figures.views += count
    for listing, day, count in _likes(seller, window):
        for figures in numbers.at(listing, day):
            figures.favourites += count
    for listing, day, conversations, replies, waited in _asked(ANSWERING_BY_DAY, seller, window):
        for figures in numbers.at(listing, day):
            figures.conversations += conversations
            figures.replies += replies
            figures.waited += replies * (waited or timedelta())
    for listing, day, currency, count, cents in _sales(seller, window):
        for figures in numbers.at(listing, day):
            sold = figures.by_currency.setdefault(currency, Sales(currency))
            sold.count += count
            sold.cents += cents
    _name(numbers.listings)
    return numbers


def _asked(statement: str, seller: User, window: Window) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"seller": seller.pk, "start": window.start, "end": window.end})
        return list(cursor.fetchall())


def _likes(seller: User, window: Window) -> list[Any]:
    rows = Favourite.objects.filter(listing__seller=seller).exclude(user=seller)
    rows = rows.filter(created_at__gte=window.start, created_at__lt=window.end)
    return list(rows.values_list("listing", TruncDate("created_at")).annotate(count=Count("pk")))


def _sales(seller: User, window: Window) -> list[Any]:
    """What the buyer paid; of a disputed one that is settled, what the seller was given of it."""
    sold = Order.objects.of(seller, role="seller").filter(status__in=SOLD)
    sold = sold.filter(created_at__gte=window.start, created_at__lt=window.end)
    grouped = sold.values_list("listing", TruncDate("created_at"), "currency")
    return list(grouped.annotate(count=Count("pk"), cents=Sum(Coalesce(F("release_cents"), F("total_cents")))))


def _days_of(window: Window) -> Iterator[date]:
    """Each that has a part in it."""
    day = window.start.date()
    while midnight(day) < window.end:
        yield day
        day += DAY


def _name(listings: list[ListingFigures]) -> None:
    named = Listing.objects.filter(pk__in=[each.listing_id for each in listings])
    facts = {key: (title, is_active) for key, title, is_active in named.values_list("pk", "title", "is_active")}
    for each in listings:
        if each.listing_id in facts:
            each.title, each.is_active = facts[each.listing_id]
