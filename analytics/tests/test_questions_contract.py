"""`/v1/analytics/bq/…` as the campus apps know it: each row of the contract, by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from analytics.querysets.questions import QUESTIONS
from analytics.tests.writing import Said, write
from listings.models import Listing
from orders.services import ending, placing

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
IN_MAY = {"start": "2026-05-04T00:00:00Z", "end": "2026-05-06T00:00:00Z"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ask(signed_in: Callable[..., APIClient], buyer: User) -> Callable[..., Any]:
    api = signed_in(buyer)

    def asked(name: str, status: int = 200, **query: Any) -> Any:
        reply = api.get(f"/v1/analytics/bq/{name}", query or IN_MAY)
        assert reply.status_code == status, reply.content
        return reply.json()

    return asked


def test_1_1_listings_of_a_day_by_category_come_from_the_listings(
    ask: Callable[..., Any], make_listing: Callable[..., Listing]
) -> None:
    phones, laptop = [make_listing(category="phones") for _ in range(2)], make_listing(category="laptops")
    Listing.objects.filter(pk__in=[each.pk for each in (*phones, laptop)]).update(created_at=MAY)
    write(Said("listing.created", MAY, properties={"category_id": str(uuid4())}))

    rows = [(str(phones[0].category_id), 2), (str(laptop.category_id), 1)]
    assert ask("1_1") == [{"day": "2026-05-04", "category_id": key, "count": n} for key, n in sorted(rows)]


def test_1_2_cancelled_escrow_by_step(ask: Callable[..., Any]) -> None:
    for result in ("cancelled", "ok", "success"):
        write(Said("escrow.step", MAY, step="payment_made", properties={"result": result}))
    write(
        Said("escrow.step", MAY, step="chat_initiated"), Said("escrow.step", MAY), Said("ui.click", MAY, step="other")
    )

    assert ask("1_2") == [
        {"step": "chat_initiated", "total": 1, "cancelled": 0, "pct_cancelled": 0.0},
        {"step": "payment_made", "total": 3, "cancelled": 1, "pct_cancelled": 33.33},
    ]


def test_2_1_events_of_a_day_by_type(ask: Callable[..., Any]) -> None:
    write(Said("ui.click", MAY), Said("search.performed", MAY), Said("ui.click", MAY), Said("ui.click", MAY + DAY))

    assert ask("2_1") == [
        {"day": "2026-05-04", "event_type": "search.performed", "count": 1},
        {"day": "2026-05-04", "event_type": "ui.click", "count": 2},
        {"day": "2026-05-05", "event_type": "ui.click", "count": 1},
    ]


def test_2_2_clicks_of_a_day_by_button_which_may_be_null(ask: Callable[..., Any]) -> None:
    said = [Said("ui.click", MAY, properties=each) for each in ({"button": "buy"}, {"button": "buy"}, {"button": None})]
    write(*said, Said("feature.used", MAY, properties={"button": "buy"}))

    assert ask("2_2") == [
        {"day": "2026-05-04", "button": "buy", "count": 2},
        {"day": "2026-05-04", "button": None, "count": 1},
    ]


def test_2_4_time_on_a_screen_ends_with_the_next_one_or_with_the_limit(ask: Callable[..., Any]) -> None:
    for minutes, screen in ((0, "home"), (1, "detail"), (31, "home")):
        write(Said("screen.view", MAY + timedelta(minutes=minutes), properties={"screen": screen}))

    assert ask("2_4", **IN_MAY) == [
        {"screen": "detail", "total_seconds": 300, "views": 1, "avg_seconds": 300},
        {"screen": "home", "total_seconds": 360, "views": 2, "avg_seconds": 180},
    ]
    assert ask("2_4", max_idle_sec=3_600, **IN_MAY)[0]["total_seconds"] == 1_800
    ask("2_4", 422, max_idle_sec=29)
    ask("2_4", 422, max_idle_sec=3_601)


def test_3_1_people_of_a_day_are_counted_once_and_the_unnamed_not_at_all(ask: Callable[..., Any]) -> None:
    one, other = uuid4(), uuid4()
    write(*(Said("ui.click", MAY, user=user) for user in (one, one, other, None)), Said("ui.click", MAY + DAY))

    assert ask("3_1") == [{"day": "2026-05-04", "dau": 2}, {"day": "2026-05-05", "dau": 0}]


def test_3_2_sessions_of_a_day(ask: Callable[..., Any]) -> None:
    write(*(Said("ui.click", MAY, session=session) for session in ("session-1", "session-1", "session-2")))

    assert ask("3_2") == [{"day": "2026-05-04", "sessions": 2}]


def test_4_1_and_4_2_orders_of_a_day_and_what_was_paid(ask: Callable[..., Any], buyer: User, make_listing: Any) -> None:
    kept, given_up = (placing.place(buyer, placing.Wish(make_listing().pk))[0] for _ in range(2))
    ending.cancel(buyer, given_up.pk)
    today = kept.created_at.date().isoformat()
    query = {"start": today, "end": (kept.created_at + DAY).isoformat()}

    assert ask("4_1", **query) == [
        {"day": today, "status": "cancelled", "count": 1},
        {"day": today, "status": "created", "count": 1},
    ]
    assert ask("4_2", **query) == [{"day": today, "gmv_cents": 0, "orders_paid": 0}]


def test_5_1_quick_views_by_the_category_of_the_listing(
    ask: Callable[..., Any], make_listing: Callable[..., Listing]
) -> None:
    laptop = make_listing(category="laptops")
    used = {"feature_key": "quick_view"}
    write(
        Said("feature.used", MAY, listing=laptop.pk, properties=used),
        Said("feature.used", MAY, listing=uuid4(), properties=used),
        Said("feature.used", MAY, properties=used),
        Said("feature.used", MAY, listing=laptop.pk, properties={"feature_key": "share"}),
    )

    assert ask("5_1") == [{"day": "2026-05-04", "category_id": str(laptop.category_id), "count": 1}]


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_happened(ask: Callable[..., Any], name: str) -> None:
    assert ask(name) == []
    assert ask(name, start="2026-05-06", end="2026-05-04") == []


def test_a_window_has_its_first_moment_and_not_its_last(ask: Callable[..., Any]) -> None:
    write(Said("ui.click", MAY), Said("ui.click", MAY + HOUR))

    assert ask("2_1", start="2026-05-04T09:30:00Z", end="2026-05-04T10:30:00Z")[0]["count"] == 1
    assert ask("2_1", start="2026-05-04T09:30:00.000001Z", end="2026-05-04T10:30:00.000001Z")[0]["count"] == 1
    assert ask("2_1", start="2026-05-04T09:30:00", end="2026-05-04T05:30:01-05:00")[0]["count"] == 2
    assert ask("2_1", start="2026-05-04T14:30:00+05:00", end="2026-05-04T10:30:01")[0]["count"] == 2


def test_who_names_no_window_gets_thirty_whole_days(ask: Callable[..., Any], signed_in: Any, buyer: User) -> None:
    now = datetime.now(UTC)
    write(Said("ui.click", now), Said("ui.click", now - 29 * DAY), Said("ui.click", now - 30 * DAY))

    assert len(signed_in(buyer).get("/v1/analytics/bq/2_1").json()) == 2


@pytest.mark.parametrize("said", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_what_is_no_time_is_told_so(ask: Callable[..., Any], said: str) -> None:
    for name in ("start", "end"):
        assert ask("3_1", 400, **{name: said})["detail"] == f"Invalid ISO datetime: {said}"


def test_a_window_has_a_length_that_can_be_answered(ask: Callable[..., Any]) -> None:
    assert ask("2_1", 400, start="2020-01-01", end="2026-01-01")["code"] == "window_too_long"


@pytest.mark.parametrize("name", QUESTIONS)
def test_who_may_read(
    name: str,
    anonymous: APIClient,
    signed_in: Callable[..., APIClient],
    buyer: User,
    moderator: User,
    settings: Settings,
) -> None:
    path = f"/v1/analytics/bq/{name}"
    assert anonymous.get(path).status_code == 401
    assert signed_in(buyer).get(path).status_code == 200
    settings.ANALYTICS_STAFF_ONLY = True
    assert anonymous.get(path).status_code == 401
    assert signed_in(buyer).get(path).status_code == 403
    assert signed_in(moderator).get(path).status_code == 200
