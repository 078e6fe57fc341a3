"""What was looked at lately: only when an app says so, and never more than a hundred."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing, RecentView
from listings.services import listings, recent

pytestmark = pytest.mark.django_db


def look_at(client: APIClient, listing: Listing) -> int:
    return client.put(f"/v1/listings/{listing.pk}/viewed").status_code


def test_the_latest_stands_first_and_looking_again_moves_it_up(
    signed_in: Callable[..., APIClient], buyer: User, stranger: User, make_listing: Callable[..., Listing]
) -> None:
    client = signed_in(buyer)
    mouse, lamp = make_listing(title="Mouse"), make_listing(title="Lamp")

    assert [look_at(client, listing) for listing in (mouse, lamp, mouse)] == [204] * 3

    shown = client.get("/v1/recently-viewed").json()
    assert [item["title"] for item in shown] == ["Mouse", "Lamp"]
    assert shown[0]["viewed_at"].endswith("Z")
    assert signed_in(stranger).get("/v1/recently-viewed").json() == []


def test_reading_a_listing_writes_nothing(
    signed_in: Callable[..., APIClient], buyer: User, make_listing: Callable[..., Listing]
) -> None:
    signed_in(buyer).get(f"/v1/listings/{make_listing().pk}")

    assert not RecentView.objects.exists()


def test_what_is_hidden_can_be_neither_recorded_nor_seen(
    signed_in: Callable[..., APIClient], buyer: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    client, listing = signed_in(buyer), make_listing()
    look_at(client, listing)
    listings.hide(listing, actor=moderator, reason="stolen", now=timezone.now())

    assert client.get("/v1/recently-viewed").json() == []
    assert look_at(client, listing) == 404


def test_only_the_last_hundred_are_kept(
    buyer: User, stranger: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "KEPT", 3)
    now, things = timezone.now(), [make_listing() for _ in range(5)]
    recent.remember(stranger, things[0], now=now)

    for minute, listing in enumerate(things):
        recent.remember(buyer, listing, now=now + timedelta(minutes=minute))

    left = RecentView.objects.filter(user=buyer).order_by("seen_at").values_list("listing_id", flat=True)
    assert list(left) == [listing.pk for listing in things[2:]]
    assert RecentView.objects.filter(user=stranger).count() == 1


def test_one_may_forget_it_all(
    signed_in: Callable[..., APIClient], buyer: User, stranger: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    for person in (buyer, stranger):
        look_at(signed_in(person), listing)

    assert signed_in(buyer).delete("/v1/recently-viewed").status_code == 204

    assert list(RecentView.objects.values_list("user_id", flat=True)) == [stranger.pk]


@pytest.mark.parametrize("many", [1, 5])
def test_the_list_costs_the_same_however_long_it_is(
    buyer: User,
    signed_in: Callable[..., APIClient],
    make_listing: Callable[..., Listing],
    django_assert_num_queries: DjangoAssertNumQueries,
    many: int,
) -> None:
    client = signed_in(buyer)
    for _ in range(many):
        look_at(client, make_listing())

    with django_assert_num_queries(5):  # who asks, what they may (2), the listings, their pictures
        assert len(client.get("/v1/recently-viewed").json()) == many
