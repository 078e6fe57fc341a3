"""`GET /v1/sellers/me/numbers`: what is counted, for whom, and in which days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from analytics.tests.doings import asked, viewed
from listings.models import Favourite, Listing, RecentView
from listings.services import favourites
from marketplace.tests.routes import undone
from orders.lifecycle import Status
from orders.services import placing
from orders.tests.tampering import tamper

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]
PATH = "/v1/sellers/me/numbers"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MARCH = {"start": "2026-03-01", "end": "2026-04-01"}


def numbers(api: APIClient, **query: str) -> Any:
    answer = api.get(PATH, query or MARCH)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_nothing_has_happened(signed_in: Api, seller: User) -> None:
    body = numbers(signed_in(seller))
    assert (body["start"], body["end"]) == ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
    nothing = {"views": 0, "favourites": 0, "conversations": 0, "replies": 0, "sales": []}
    assert body["totals"] == {**nothing, "response_rate": None, "average_response_minutes": None}
    assert body["listings"] == []
    assert len(body["days"]) == 31
    assert body["days"][9] == {**nothing, "day": "2026-03-10"}


def test_a_view_is_a_person_a_day_and_a_listing(
    signed_in: Api, buyer: User, stranger: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    lamp, book = make_listing(title="Lámpara"), make_listing(title="Libro")
    for hours in (0, 1, 2):
        viewed(buyer, lamp, at=NOON + timedelta(hours=hours))
    viewed(buyer, lamp, at=NOON + DAY)
    viewed(stranger, lamp, at=NOON)
    viewed(buyer, book, at=NOON)
    body = numbers(signed_in(seller))
    assert body["totals"]["views"] == 4
    assert [(each["title"], each["views"]) for each in body["listings"]] == [("Lámpara", 3), ("Libro", 1)]
    assert {each["day"]: each["views"] for each in body["days"] if each["views"]} == {"2026-03-10": 3, "2026-03-11": 1}


def test_what_an_app_told_twice_is_one_view(signed_in: Api, buyer: User, seller: User, listing: Listing) -> None:
    viewed(buyer, listing, at=NOON)
    RecentView.objects.create(user=buyer, listing=listing, seen_at=NOON + timedelta(hours=3))
    assert numbers(signed_in(seller))["totals"]["views"] == 1


def test_views_that_do_not_count(
    signed_in: Api, buyer: User, stranger: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    """One's own, somebody's who is not known, other events, other people's things, other days."""
    own, foreign = make_listing(), make_listing(by=stranger)
    viewed(seller, own, at=NOON)
    RecentView.objects.create(user=seller, listing=own, seen_at=NOON)
    viewed(None, own, at=NOON)
    viewed(buyer, own, at=NOON, event_type="listing.created")
    viewed(buyer, foreign, at=NOON)
    viewed(buyer, own, at=datetime(2026, 4, 1, tzinfo=UTC))
    viewed(buyer, own, at=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    assert numbers(signed_in(seller))["totals"]["views"] == 0


def test_a_view_that_was_told_days_later_counts_on_its_day(
    signed_in: Api, buyer: User, seller: User, listing: Listing
) -> None:
    viewed(buyer, listing, at=NOON, received_at=NOON + 3 * DAY)
    assert numbers(signed_in(seller))["days"][9]["views"] == 1


def test_favourites_by_others(signed_in: Api, buyer: User, seller: User, listing: Listing) -> None:
    for person in (buyer, seller):
        favourites.add(person, listing)
    Favourite.objects.update(created_at=NOON)
    body = numbers(signed_in(seller))
    assert (body["totals"]["favourites"], body["days"][9]["favourites"]) == (1, 1)


def test_conversations_and_how_they_were_answered(
    signed_in: Api, buyer: User, stranger: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    lamp, book = make_listing(title="Lámpara"), make_listing(title="Libro")
    asked(buyer, lamp, at=NOON, answered_after=timedelta(minutes=10))
    asked(stranger, lamp, at=NOON + DAY, answered_after=timedelta(minutes=40))
    asked(buyer, book, at=NOON)
    body = numbers(signed_in(seller))
    totals = body["totals"]
    assert (totals["conversations"], totals["replies"], totals["response_rate"]) == (3, 2, 0.6667)
    assert totals["average_response_minutes"] == 25.0
    assert [(each["title"], each["conversations"], each["replies"]) for each in body["listings"]] == [
        ("Lámpara", 2, 2),
        ("Libro", 1, 0),
    ]
    assert [each["conversations"] for each in body["days"][9:11]] == [2, 1]


def test_sales_are_what_was_paid_and_not_taken_back(
    signed_in: Api, buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    placed = [placing.place(buyer, placing.Wish(make_listing(quantity=2).pk, 2))[0] for _ in Status]
    for order, status in zip(placed, Status, strict=True):
        tamper("UPDATE orders_order SET status = %(status)s WHERE id = %(order)s", status=status, order=order.pk)
    tamper("UPDATE orders_order SET created_at = %(at)s", at=NOON)
    tamper("UPDATE orders_order SET release_cents = 1000000 WHERE status = 'shipped'")
    body = numbers(signed_in(seller))
    assert body["totals"]["sales"] == [{"currency": "COP", "count": 3, "cents": 2 * 30_000_000 + 1_000_000}]
    assert body["days"][9]["sales"] == body["totals"]["sales"]
    assert sum(sold["count"] for each in body["listings"] for sold in each["sales"]) == 3


def test_currencies_are_never_added_up(
    signed_in: Api, buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    things = [make_listing(), make_listing()]
    Listing.objects.filter(pk=things[1].pk).update(currency="USD")
    for thing in things:
        placing.place(buyer, placing.Wish(thing.pk, 1))
    tamper("UPDATE orders_order SET status = 'paid', created_at = %(at)s", at=NOON)
    assert [sold["currency"] for sold in numbers(signed_in(seller))["totals"]["sales"]] == ["COP", "USD"]


def test_T38_these_are_ones_own_whatever_is_asked_for(
    signed_in: Api, buyer: User, seller: User, listing: Listing
) -> None:
    viewed(buyer, listing, at=NOON)
    asked(buyer, listing, at=NOON)
    body = numbers(signed_in(buyer), **MARCH, seller_id=str(seller.pk))
    assert (body["totals"]["views"], body["totals"]["conversations"], body["listings"]) == (0, 0, [])


def test_the_usual_window_is_thirty_days_with_today(
    signed_in: Api, buyer: User, seller: User, listing: Listing
) -> None:
    viewed(buyer, listing, at=timezone.now() - timedelta(days=28))
    viewed(buyer, listing, at=timezone.now() - timedelta(days=31))
    body = signed_in(seller).get(PATH).json()
    assert body["totals"]["views"] == 1
    assert datetime.fromisoformat(body["end"]) - datetime.fromisoformat(body["start"]) == timedelta(days=30)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "2026-01-01T25:00"])
@pytest.mark.parametrize("name", ["start", "end"])
def test_a_date_that_is_none(signed_in: Api, seller: User, name: str, text: str) -> None:
    answer = signed_in(seller).get(PATH, {name: text})
    assert (answer.status_code, answer.json()["detail"]) == (400, f"Invalid ISO datetime: {text}")


def test_a_window_is_a_year_at_most(signed_in: Api, seller: User) -> None:
    answer = signed_in(seller).get(PATH, {"start": "2020-01-01", "end": "2026-01-01"})
    assert (answer.status_code, answer.json()["code"]) == (400, "window_too_long")


def test_an_end_before_the_start_is_an_empty_window(
    signed_in: Api, buyer: User, seller: User, listing: Listing
) -> None:
    viewed(buyer, listing, at=NOON)
    body = numbers(signed_in(seller), start="2026-03-20", end="2026-03-01")
    assert (body["totals"]["views"], body["days"]) == (0, [])


def test_the_number_of_questions_to_the_database_does_not_grow(
    signed_in: Api, buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    api, counts = signed_in(seller), []
    for size in (1, 4):
        with undone():
            for number in range(size):
                viewed(buyer, make_listing(title=f"Thing {number}"), at=NOON)
            with CaptureQueriesContext(connection) as asked_for:
                numbers(api)
            counts.append(len(asked_for))
    assert counts == [6, 6]  # who it is, four questions, the names of the listings
