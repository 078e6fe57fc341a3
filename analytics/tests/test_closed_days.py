"""Days of listings and orders are closed when nothing can change, and opened again when something does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from analytics.models import Day, DayCount
from analytics.querysets.questions import answer
from analytics.querysets.window import Window
from analytics.services import closing
from analytics.tests import reference
from listings.models import Category, Listing
from orders.models import Order
from orders.services import ending, placing

pytestmark = pytest.mark.django_db(transaction=True)

MAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = Window(MAY.replace(hour=0, minute=0) - DAY, MAY.replace(hour=0, minute=0) + 4 * DAY)
TODAY = date(2026, 6, 1)
PAID_OR_NOT = {0: "paid", 2: "shipped"}


def agree(window: Window = WINDOW) -> None:
    for name in ("1_1", "4_1", "4_2"):
        assert answer(name, window) == reference.answer(name, window), name


def made(order: Order, at: datetime) -> None:
    Order.objects.filter(pk=order.pk).update(created_at=at)


def state_of(of: str, at: datetime) -> bool:
    return bool(Day.objects.get(of=of, day=at.date()).is_closed)


@pytest.fixture
def order(buyer: User, make_listing: Callable[..., Listing]) -> Order:
    placed = placing.place(buyer, placing.Wish(make_listing().pk))[0]
    made(placed, MAY)
    return placed


def test_a_day_with_an_open_order_stays_open_until_it_ends(order: Order, buyer: User) -> None:
    closing.close_days(today=TODAY)
    assert not state_of("orders", MAY)
    assert state_of("orders", MAY + DAY)
    agree()

    ending.cancel(buyer, order.pk)
    agree()
    closing.close_days(today=TODAY)
    assert state_of("orders", MAY)
    agree()


def test_today_is_never_closed(buyer: User, make_listing: Callable[..., Listing]) -> None:
    ending.cancel(buyer, placing.place(buyer, placing.Wish(make_listing().pk))[0].pk)
    closing.close_days(today=datetime.now(UTC).date())

    assert not Day.objects.filter(day__gte=datetime.now(UTC).date()).exists()


def test_what_is_made_in_the_past_opens_its_day(order: Order, buyer: User, make_listing: Any) -> None:
    ending.cancel(buyer, order.pk)
    closing.close_days(today=TODAY)
    another = placing.place(buyer, placing.Wish(make_listing().pk))[0]
    made(another, MAY)
    assert not state_of("orders", MAY)
    agree()


def test_a_listing_that_moves_opens_its_day(make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(category="phones")
    Listing.objects.filter(pk=listing.pk).update(created_at=MAY)
    closing.close_days(today=TODAY)
    assert state_of("listings", MAY)

    Listing.objects.filter(pk=listing.pk).update(price_cents=1)
    assert state_of("listings", MAY)
    Listing.objects.filter(pk=listing.pk).update(category=Category.objects.get(slug="laptops"))
    assert not state_of("listings", MAY)
    agree()
    closing.close_days(today=TODAY)
    agree()


def test_nothing_is_written_for_what_is_made_now(buyer: User, make_listing: Callable[..., Listing]) -> None:
    """So that an order costs no more than before."""
    ending.cancel(buyer, placing.place(buyer, placing.Wish(make_listing().pk))[0].pk)

    assert not Day.objects.exists()
    assert not DayCount.objects.exists()


def test_a_change_under_way_keeps_its_day_open(make_listing: Callable[..., Listing], elsewhere: Any) -> None:
    listing = make_listing(category="phones")
    Listing.objects.filter(pk=listing.pk).update(created_at=MAY)
    with transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(category=Category.objects.get(slug="laptops"))
        elsewhere(lambda: closing.close_days(today=TODAY))
    assert not state_of("listings", MAY)
    agree()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["offer", "move", "order", "close"]), st.integers(0, 3), st.integers(0, 24 * 60)),
        max_size=8,
    ),
    edges=st.tuples(st.integers(0, 5 * 24 * 60), st.integers(0, 5 * 24 * 60)),
)
def test_any_window_agrees_whatever_was_closed(
    steps: list[tuple[str, int, int]], edges: tuple[int, int], buyer: User, make_listing: Callable[..., Listing]
) -> None:
    categories = list(Category.objects.all())
    for step, day, minute in steps:
        at = WINDOW.start + day * DAY + timedelta(minutes=minute)
        match step:
            case "offer":
                Listing.objects.filter(pk=make_listing().pk).update(created_at=at)
            case "move":
                Listing.objects.filter(created_at__date=at.date()).update(category=categories[minute % len(categories)])
            case "order":
                placed = placing.place(buyer, placing.Wish(make_listing().pk))[0]
                made(placed, at)
                if minute % 2:
                    ending.cancel(buyer, placed.pk)
                else:
                    Order.objects.filter(pk=placed.pk).update(status=PAID_OR_NOT[minute % 4])
            case "close":
                closing.close_days(today=TODAY)
    start, end = sorted(edges)
    agree()
    agree(Window(WINDOW.start + timedelta(minutes=start), WINDOW.start + timedelta(minutes=end)))
