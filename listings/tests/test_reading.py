"""The campus contract, §3: GET of one listing, its price history, and who may see what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing, ListingPrice, Photo
from listings.serializers.listings import ListingOut
from listings.services import listings
from listings.tests.test_offering import KEYS
from marketplace.common.jsonio import dumps, loads

pytestmark = pytest.mark.django_db
Make = Callable[..., Listing]
SignedIn = Callable[..., APIClient]


def as_serialized(listing: Listing, viewer: User) -> Any:
    return loads(dumps(ListingOut(listings.fresh(listing), context={"viewer": viewer}).data))


def test_3_one_listing_has_every_key_of_the_contract(signed_in: SignedIn, buyer: User, make_listing: Make) -> None:
    listing = make_listing(at=(4.6014, -74.0661), description=None)

    reply = signed_in(buyer).get(f"/v1/listings/{listing.pk}")

    assert (reply.status_code, reply["Content-Type"]) == (200, "application/json")
    assert set(reply.json()) >= KEYS
    assert reply.json() == as_serialized(listing, buyer)


def test_3_what_is_not_there_is_a_404_with_the_contracts_words(signed_in: SignedIn, buyer: User, db: None) -> None:
    client = signed_in(buyer)

    unknown = client.get(f"/v1/listings/{uuid4()}")

    assert (unknown.status_code, unknown.json()["detail"]) == (404, "Listing not found")
    assert client.get("/v1/listings/not-a-uuid").status_code == 404


def test_3_reading_needs_a_token(anonymous: APIClient, make_listing: Make) -> None:
    listing = make_listing()

    for path in ("", f"/{listing.pk}", f"/{listing.pk}/price-history", "/suggest?q=a"):
        reply = anonymous.get(f"/v1/listings{path}")
        assert (reply.status_code, reply.json()["detail"]) == (401, "Not authenticated")


def test_strangers_get_the_place_to_about_100_metres_and_the_seller_exactly(
    signed_in: SignedIn, buyer: User, seller: User, make_listing: Make
) -> None:
    url = f"/v1/listings/{make_listing(at=(4.601449, -74.066149)).pk}"

    mine, theirs = signed_in(seller).get(url).json(), signed_in(buyer).get(url).json()

    assert (mine["latitude"], mine["longitude"]) == (4.601449, -74.066149)
    assert (theirs["latitude"], theirs["longitude"]) != (4.601449, -74.066149)
    assert abs(theirs["latitude"] - 4.601449) < 0.001
    assert abs(theirs["longitude"] + 74.066149) < 0.001


def test_a_copy_that_is_still_good_is_not_sent_again(signed_in: SignedIn, buyer: User, make_listing: Make) -> None:
    listing = make_listing()
    client, url = signed_in(buyer), f"/v1/listings/{listing.pk}"
    etag = client.get(url)["ETag"]

    held = client.get(url, headers={"If-None-Match": etag})
    among_others = client.get(url, headers={"If-None-Match": f'"7", W/{etag}'})
    Listing.objects.filter(pk=listing.pk).update(version=9)
    changed = client.get(url, headers={"If-None-Match": etag})

    assert (held.status_code, held.content, held["ETag"]) == (304, b"", etag)
    assert among_others.status_code == 304
    assert (changed.status_code, changed["ETag"]) == (200, '"9"')
    assert changed["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("facts", "seen_by_others"),
    [
        ({"state": "draft"}, False),
        ({"state": "paused"}, False),
        ({"state": "archived"}, False),
        ({"state": "sold"}, True),
        ({"hidden_at": timezone.now()}, False),
        ({"seller_is_active": False}, False),
    ],
)
def test_T12_what_is_not_on_offer_is_there_for_its_owner_and_moderators(
    signed_in: SignedIn,
    buyer: User,
    seller: User,
    moderator: User,
    make_listing: Make,
    facts: dict[str, Any],
    seen_by_others: bool,
) -> None:
    listing = make_listing(at=(4.601449, -74.066149))
    Listing.objects.filter(pk=listing.pk).update(**facts)

    for path in ("", "/price-history"):
        url = f"/v1/listings/{listing.pk}{path}"
        assert signed_in(seller).get(url).status_code == 200
        assert signed_in(moderator).get(url).status_code == 200
        assert signed_in(buyer).get(url).status_code == (200 if seen_by_others else 404)
    url = f"/v1/listings/{listing.pk}"
    assert signed_in(moderator).get(url).json() == as_serialized(listing, moderator)


def test_T15_a_moderator_who_is_one_no_longer_sees_nothing_hidden(
    signed_in: SignedIn, moderator: User, make_listing: Make
) -> None:
    client, url = signed_in(moderator), f"/v1/listings/{make_listing(state='draft').pk}"
    assert client.get(url).status_code == 200

    moderator.groups.clear()

    assert client.get(url).status_code == 404


def test_T12_what_was_removed_is_gone_for_all(
    signed_in: SignedIn, seller: User, moderator: User, make_listing: Make
) -> None:
    listing = make_listing()
    listings.remove(listing.pk, owner=seller, now=timezone.now())

    for person in (seller, moderator):
        assert signed_in(person).get(f"/v1/listings/{listing.pk}").status_code == 404
        assert signed_in(person).get(f"/v1/listings/{listing.pk}/price-history").status_code == 404
        assert signed_in(person).get("/v1/listings", {"mine": "true"}).json()["items"] == []


def test_one_listing_costs_one_query(
    signed_in: SignedIn, buyer: User, make_listing: Make, django_assert_num_queries: Any
) -> None:
    listing = make_listing()
    for number in range(3):
        Photo.objects.create(
            listing=listing, storage_key=f"listings/x/{number}.jpg", content_type="image/jpeg", size_bytes=1
        )
    client, url = signed_in(buyer), f"/v1/listings/{listing.pk}"
    client.get(url)  # from now on the reader is known

    with django_assert_num_queries(1):
        assert len(client.get(url).json()["photos"]) == 3


def test_every_price_is_shown_oldest_first(signed_in: SignedIn, buyer: User, seller: User, make_listing: Make) -> None:
    url = f"/v1/listings/{make_listing(price_cents=1000).pk}"
    signed_in(seller).patch(url, {"price_cents": 900})
    signed_in(seller).patch(url, {"price_cents": 950})

    prices = signed_in(buyer).get(f"{url}/price-history").json()

    assert [price["price_cents"] for price in prices] == [1000, 900, 950]
    assert set(prices[0]) == {"price_cents", "currency", "at"}


def test_of_very_many_prices_the_newest_500_are_shown(signed_in: SignedIn, buyer: User, make_listing: Make) -> None:
    listing = make_listing(price_cents=1000)
    ListingPrice.objects.bulk_create(
        ListingPrice(listing=listing, price_cents=cents, currency="COP") for cents in range(1, 601)
    )

    prices = signed_in(buyer).get(f"/v1/listings/{listing.pk}/price-history").json()

    assert [price["price_cents"] for price in prices] == list(range(101, 601))
