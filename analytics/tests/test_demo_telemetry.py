from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Count

from accounts.models import User
from analytics import demo
from analytics.models import Event
from listings.models import Category, Listing
from listings.services import catalogs, listings

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)


@pytest.fixture
def people(make_person: Callable[..., User]) -> list[User]:
    people = [make_person(f"person{n}") for n in range(8)]
    catalogs.seed_base()
    facts = {"title": "Mouse", "price_cents": 100, "category": Category.objects.get(slug="laptops")}
    listings.offer(people[0], facts=facts)
    return people


def facts() -> list[Any]:
    return list(Event.objects.order_by("id").values("id", "event_type", "session_id", "occurred_at", "properties"))


def test_a_month_of_telemetry_is_made_once_and_the_same_for_the_same_seed(people: list[User]) -> None:
    made = demo.build(demo.Plan(), now=NOW)
    first = facts()

    assert made == len(first) > 300
    assert demo.build(demo.Plan(), now=NOW) == 0

    Event.objects.all().delete()
    assert demo.build(demo.Plan(), now=NOW) == made
    assert facts() == first


def test_it_is_believable(people: list[User]) -> None:
    demo.build(demo.Plan(), now=NOW)
    midnight = NOW.replace(hour=0)

    assert not Event.objects.exclude(occurred_at__range=(midnight - timedelta(days=30), midnight)).exists()
    kinds = {row["event_type"] for row in Event.objects.values("event_type").annotate(n=Count("id"))}
    assert {"ui.click", "feature.used", "escrow.step", "screen.view", "search.performed"} <= kinds
    assert set(Event.objects.values_list("user_id", flat=True)) == {person.pk for person in people}
    assert set(Event.objects.exclude(listing_id=None).values_list("listing_id", flat=True)) == {
        Listing.objects.get().pk
    }


def test_where_nobody_is_nothing_is_made() -> None:
    assert demo.build(demo.Plan(), now=NOW) == 0
