"""Favourites: marked once, listed newest first, and told when they become cheaper."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Notification, User
from accounts.services import people
from listings import listeners
from listings.models import Favourite, Listing, Photo
from listings.services import favourites, listings
from marketplace.common import outbox

pytestmark = pytest.mark.django_db


def url_of(listing: Listing) -> str:
    return f"/v1/listings/{listing.pk}/favourite"


def titles(client: APIClient) -> list[str]:
    return [item["title"] for item in client.get("/v1/favourites").json()["items"]]


def test_marking_and_unmarking_may_be_repeated(
    signed_in: Callable[..., APIClient], buyer: User, make_listing: Callable[..., Listing]
) -> None:
    client, listing = signed_in(buyer), make_listing()

    marked = [client.put(url_of(listing)) for _ in range(2)]
    assert [(reply.status_code, reply.json()) for reply in marked] == [(200, {"ok": True})] * 2
    assert Favourite.objects.count() == 1

    assert [client.delete(url_of(listing)).status_code for _ in range(2)] == [204, 204]
    assert not Favourite.objects.exists()


def test_what_is_not_to_be_seen_cannot_be_marked(
    signed_in: Callable[..., APIClient], buyer: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    draft, hidden = make_listing(state="draft"), make_listing()
    listings.hide(hidden, actor=moderator, reason="stolen", now=timezone.now())

    for listing in (draft, hidden):
        assert signed_in(buyer).put(url_of(listing)).status_code == 404
    assert not Favourite.objects.exists()


def test_the_list_is_newest_first_page_by_page_and_ones_own(
    signed_in: Callable[..., APIClient], buyer: User, stranger: User, make_listing: Callable[..., Listing]
) -> None:
    client = signed_in(buyer)
    for title in ("first", "second", "third"):
        client.put(url_of(make_listing(title=title)))
    signed_in(stranger).put(url_of(make_listing(title="not mine")))

    page = client.get("/v1/favourites?limit=2").json()
    rest = client.get("/v1/favourites", {"cursor": page["next_cursor"]}).json()

    assert [item["title"] for item in page["items"]] == ["third", "second"]
    assert page["items"][0]["favourited_at"].endswith("Z")
    assert ([item["title"] for item in rest["items"]], rest["next_cursor"], rest["has_next"]) == (
        ["first"],
        None,
        False,
    )
    assert signed_in(stranger).get("/v1/favourites", {"cursor": page["next_cursor"]}).status_code == 422


def test_sold_ones_stay_and_hidden_removed_or_paused_ones_are_left_out(
    signed_in: Callable[..., APIClient],
    buyer: User,
    seller: User,
    moderator: User,
    make_listing: Callable[..., Listing],
) -> None:
    client, now = signed_in(buyer), timezone.now()
    things = {title: make_listing(title=title) for title in ("live", "sold", "hidden", "removed", "paused")}
    for listing in things.values():
        client.put(url_of(listing))
    for state in ("sold", "paused"):
        listings.change(things[state].pk, owner=seller, changes={}, state=state, now=now)
    listings.hide(things["hidden"], actor=moderator, reason="stolen", now=now)
    listings.remove(things["removed"].pk, owner=seller, now=now)

    shown = client.get("/v1/favourites").json()["items"]

    assert [(item["title"], item["is_active"]) for item in shown] == [("sold", False), ("live", True)]
    assert client.delete(url_of(things["removed"])).status_code == 204
    assert Favourite.objects.count() == 4


@pytest.mark.parametrize("many", [1, 10])
def test_the_list_costs_the_same_however_long_it_is(
    signed_in: Callable[..., APIClient],
    buyer: User,
    make_listing: Callable[..., Listing],
    django_assert_num_queries: DjangoAssertNumQueries,
    many: int,
) -> None:
    client = signed_in(buyer)
    for number in range(many):
        listing = make_listing()
        client.put(url_of(listing))
        Photo.objects.create(listing=listing, storage_key=f"{number}", content_type="image/png", size_bytes=1)

    with django_assert_num_queries(5):  # who asks, what they may (2), the listings, their pictures
        shown = client.get("/v1/favourites").json()["items"]
    assert len(shown) == many
    assert all(len(item["photos"]) == 1 for item in shown)


# ── Cheaper ──────────────────────────────────────────────────────────────────────────────────────


def reprice(listing: Listing, cents: int, **changes: object) -> None:
    changes = {"price_cents": cents, **changes}
    listings.change(listing.pk, owner=listing.seller, changes=changes, now=timezone.now())
    while outbox.deliver_due():
        pass


def told(person: User) -> list[tuple[str, str]]:
    rows = Notification.objects.filter(user=person, kind="listing.price_dropped").current().order_by("pk")
    return [(note.title, note.body) for note in rows]


def test_whoever_likes_it_is_told_when_it_becomes_cheaper(
    buyer: User, stranger: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(title="Mouse", price_cents=1_500_000_00)
    for person in (buyer, seller):
        favourites.add(person, listing)

    reprice(listing, 1_200_000_50)

    assert told(buyer) == [("Now cheaper: Mouse", "1 200 000.50 COP instead of 1 500 000 COP.")]
    assert told(stranger) == told(seller) == []


def test_a_second_drop_takes_the_place_of_the_first_while_that_is_unread(
    buyer: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(title="Mouse", price_cents=100_00)
    favourites.add(buyer, listing)

    reprice(listing, 90_00)
    reprice(listing, 80_00)

    assert told(buyer) == [("Now cheaper: Mouse", "80 COP instead of 90 COP.")]


def test_nobody_is_told_of_a_dearer_price_another_currency_or_what_is_not_on_offer(
    buyer: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(price_cents=100_00)
    favourites.add(buyer, listing)

    reprice(listing, 110_00)
    reprice(listing, 90_00, currency="USD")
    listings.hide(listing, actor=moderator, reason="stolen", now=timezone.now())
    reprice(listing, 50_00)

    assert told(buyer) == []


def test_a_drop_that_was_taken_back_before_anybody_heard_is_no_news(
    buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(price_cents=100_00)
    favourites.add(buyer, listing)

    listings.change(listing.pk, owner=seller, changes={"price_cents": 1}, now=timezone.now())
    reprice(listing, 100_00)

    assert told(buyer) == []


def test_who_blocked_the_seller_or_was_blocked_hears_nothing(
    buyer: User, stranger: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(price_cents=100_00)
    for person in (buyer, stranger):
        favourites.add(person, listing)
    people.block(buyer, seller)
    people.block(seller, stranger)

    reprice(listing, 50_00)

    assert told(buyer) == told(stranger) == []


def test_very_many_are_told_batch_by_batch_and_once_each(
    make_person: Callable[..., User], make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "FANS_AT_ONCE", 2)
    listing = make_listing(price_cents=100_00)
    fans = [make_person(f"fan{number}") for number in range(5)]
    for fan in fans:
        favourites.add(fan, listing)

    reprice(listing, 50_00)

    assert [len(told(fan)) for fan in fans] == [1] * 5
    assert Notification.objects.values("event_id").distinct().count() == 1
