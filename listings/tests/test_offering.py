"""The campus contract, §3: POST, PATCH and DELETE of a listing, by its owner and by others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import people
from listings.models import Listing, ListingPrice
from listings.services import listings
from marketplace.common import outbox
from marketplace.common.models import OutboxEvent

pytestmark = pytest.mark.django_db

KEYS = {
    *("id", "seller_id", "title", "description", "category_id", "brand_id", "price_cents", "currency", "condition"),
    *("quantity", "is_active", "latitude", "longitude", "price_suggestion_used", "quick_view_enabled"),
    *("created_at", "updated_at", "photos"),
}


def test_3_post_answers_201_with_every_key_of_the_contract(
    signed_in: Callable[..., APIClient], seller: User, body: dict[str, Any]
) -> None:
    reply = signed_in(seller).post("/v1/listings", body)

    assert reply.status_code == 201, reply.content
    shown = reply.json()
    assert set(shown) >= KEYS
    assert shown["seller_id"] == str(seller.pk)
    assert (shown["latitude"], shown["longitude"]) == (4.6014, -74.0661)
    assert (shown["quantity"], shown["is_active"], shown["photos"]) == (2, True, [])
    assert shown["created_at"].endswith("Z")
    assert reply["ETag"] == '"1"'


def test_3_a_place_comes_flat_or_nested_and_nested_wins(
    signed_in: Callable[..., APIClient], seller: User, body: dict[str, Any]
) -> None:
    client = signed_in(seller)
    nested = body.pop("location")

    flat = client.post("/v1/listings", {**body, "latitude": 1.5, "longitude": 2.5}).json()
    both = client.post("/v1/listings", {**body, "latitude": 1.5, "longitude": 2.5, "location": nested}).json()
    neither = client.post("/v1/listings", body).json()

    assert (flat["latitude"], flat["longitude"]) == (1.5, 2.5)
    assert (both["latitude"], both["longitude"]) == (4.6014, -74.0661)
    assert (neither["latitude"], neither["longitude"]) == (None, None)


@pytest.mark.parametrize("half", [{"latitude": 1.5}, {"longitude": 2.5}, {"latitude": 1.5, "longitude": None}])
def test_3_half_a_place_is_a_422(
    signed_in: Callable[..., APIClient], seller: User, body: dict[str, Any], half: dict[str, Any]
) -> None:
    del body["location"]

    reply = signed_in(seller).post("/v1/listings", {**body, **half})

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"][-1] in ("latitude", "longitude")
    assert not Listing.objects.exists()


def test_3_an_empty_brand_is_none_and_unknown_fields_are_ignored(
    signed_in: Callable[..., APIClient], seller: User, body: dict[str, Any]
) -> None:
    reply = signed_in(seller).post("/v1/listings", {**body, "brand_id": "", "colour": "red", "scope": "x"})

    assert (reply.status_code, reply.json()["brand_id"]) == (201, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x"),
        ("title", "x" * 141),
        ("price_cents", -1),
        ("price_cents", 10**16),
        ("quantity", 0),
        ("currency", "PESOS"),
        ("condition", "x" * 41),
        ("category_id", "0b0e0f1a-1111-4222-8333-abcdefabcdef"),
        ("category_id", "laptops"),
        ("brand_id", "0b0e0f1a-1111-4222-8333-abcdefabcdef"),
        ("location", {"latitude": 90.1, "longitude": 0}),
        ("location", {"latitude": 0, "longitude": 181}),
        ("location", {"latitude": 0}),
    ],
)
def test_3_what_does_not_fit_is_a_422_that_names_the_field(
    signed_in: Callable[..., APIClient], seller: User, body: dict[str, Any], field: str, value: Any
) -> None:
    reply = signed_in(seller).post("/v1/listings", {**body, field: value})

    assert reply.status_code == 422, reply.content
    assert field in reply.json()["detail"][0]["loc"]
    assert not Listing.objects.exists()


def test_T14_seller_state_and_stock_are_not_the_senders_to_choose(
    signed_in: Callable[..., APIClient], seller: User, buyer: User, body: dict[str, Any]
) -> None:
    forged = {"seller": str(buyer.pk), "seller_id": str(buyer.pk), "id": str(buyer.pk), "number": 1, "version": 99}
    forged |= {"reserved": 5, "sold": 5, "hidden_at": None, "seller_is_active": False, "created_at": "2001-01-01"}

    made = signed_in(seller).post("/v1/listings", {**body, **forged}).json()

    listing = Listing.objects.get()
    assert (listing.seller_id, str(listing.pk)) == (seller.pk, made["id"])
    assert made["id"] != str(buyer.pk)
    assert (listing.reserved, listing.sold, listing.version, listing.seller_is_active) == (0, 0, 1, True)
    assert listing.created_at.year > 2001


def test_a_change_raises_the_version_and_a_repeated_one_does_not(
    signed_in: Callable[..., APIClient], seller: User, make_listing: Callable[..., Listing]
) -> None:
    client, url = signed_in(seller), f"/v1/listings/{make_listing().pk}"

    first = client.patch(url, {"title": "ThinkPad", "is_active": True})
    again = client.patch(url, {"title": "ThinkPad"})

    assert (first.status_code, first["ETag"], first.json()["title"]) == (200, '"2"', "ThinkPad")
    assert (again.status_code, again["ETag"]) == (200, '"2"')
    assert again.json()["updated_at"] == first.json()["updated_at"]


@pytest.mark.parametrize("half", [{"latitude": 1.5}, {"longitude": 2.5}, {}])
def test_half_a_place_does_not_move_a_listing(
    signed_in: Callable[..., APIClient],
    seller: User,
    make_listing: Callable[..., Listing],
    half: dict[str, float],
) -> None:
    listing = make_listing(at=(4.6, -74.1))

    reply = signed_in(seller).patch(f"/v1/listings/{listing.pk}", {"location": half})

    assert (reply.status_code, reply.json()["detail"][0]["type"]) == (422, "missing")
    assert Listing.objects.get(pk=listing.pk).location == listing.location


def test_a_place_can_be_taken_away(
    signed_in: Callable[..., APIClient], seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(at=(4.6, -74.1))

    shown = signed_in(seller).patch(f"/v1/listings/{listing.pk}", {"location": None}).json()

    assert (shown["latitude"], shown["longitude"]) == (None, None)


def test_if_match_refuses_to_overwrite_what_was_not_read(
    signed_in: Callable[..., APIClient], seller: User, make_listing: Callable[..., Listing]
) -> None:
    client, listing = signed_in(seller), make_listing()
    url = f"/v1/listings/{listing.pk}"
    client.patch(url, {"title": "Changed by the phone"})

    stale = client.patch(url, {"title": "Changed by the browser"}, headers={"If-Match": '"1"'})
    gone = client.delete(url, headers={"If-Match": '"1"'})
    garbage = client.patch(url, {"title": "No"}, headers={"If-Match": "one"})
    good = client.patch(url, {"title": "Agreed"}, headers={"If-Match": '"2"'})

    assert (stale.status_code, stale["ETag"], gone.status_code) == (412, '"2"', 412)
    assert garbage.status_code == 422
    assert (good.status_code, good.json()["title"]) == (200, "Agreed")


def test_T12_somebody_elses_listing_cannot_be_changed_or_removed(
    signed_in: Callable[..., APIClient], stranger: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    url = f"/v1/listings/{listing.pk}"

    for person in (stranger, moderator):
        client = signed_in(person)
        assert client.patch(url, {"price_cents": 1}).status_code == 404
        assert client.delete(url, headers={"X-Force-Delete": "1"}).status_code == 404
    untouched = Listing.objects.get(pk=listing.pk)
    assert (untouched.price_cents, untouched.removed_at, untouched.version) == (listing.price_cents, None, 1)


def test_removal_is_soft_and_final_for_everybody(
    signed_in: Callable[..., APIClient], seller: User, buyer: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()
    url = f"/v1/listings/{listing.pk}"

    assert signed_in(seller).delete(url).status_code == 204
    assert signed_in(seller).delete(url).status_code == 404
    assert signed_in(seller).get(url).status_code == 404
    assert signed_in(buyer).get(url).json()["detail"] == "Listing not found"
    kept = Listing.objects.get(pk=listing.pk)
    assert (kept.is_active, kept.is_removed) == (False, True)


@pytest.mark.parametrize(
    ("start", "wanted", "status", "end"),
    [
        ("live", {"is_active": False}, 200, "paused"),
        ("paused", {"is_active": True}, 200, "live"),
        ("draft", {"state": "live"}, 200, "live"),
        ("draft", {"is_active": False}, 200, "draft"),
        ("live", {"state": "sold"}, 200, "sold"),
        ("sold", {"is_active": False}, 200, "sold"),
        ("draft", {"state": "sold"}, 409, "draft"),
        ("live", {"state": "draft"}, 409, "live"),
    ],
)
def test_states_move_along_their_table(
    signed_in: Callable[..., APIClient],
    seller: User,
    make_listing: Callable[..., Listing],
    start: str,
    wanted: dict[str, Any],
    status: int,
    end: str,
) -> None:
    listing = make_listing(state=start)

    reply = signed_in(seller).patch(f"/v1/listings/{listing.pk}", wanted)

    assert reply.status_code == status
    assert Listing.objects.get(pk=listing.pk).state == end


def test_quantity_on_the_wire_is_what_can_still_be_bought(
    signed_in: Callable[..., APIClient], seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(quantity=5)
    Listing.objects.filter(pk=listing.pk).update(reserved=2, sold=1)
    client, url = signed_in(seller), f"/v1/listings/{listing.pk}"

    assert client.get(url).json()["quantity"] == 2
    assert client.patch(url, {"quantity": 4}).json()["quantity"] == 4
    after = Listing.objects.get(pk=listing.pk)
    assert (after.quantity, after.reserved, after.sold) == (7, 2, 1)


def test_every_price_is_remembered_and_a_new_one_announced(
    signed_in: Callable[..., APIClient], seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(price_cents=1000)
    client, url = signed_in(seller), f"/v1/listings/{listing.pk}"

    client.patch(url, {"price_cents": 900})
    client.patch(url, {"price_cents": 900, "title": "Same price"})

    assert list(ListingPrice.objects.order_by("id").values_list("price_cents", flat=True)) == [1000, 900]
    event = OutboxEvent.objects.get(kind="listing.price_changed")
    assert (event.payload["old_cents"], event.payload["new_cents"]) == (1000, 900)


def test_what_is_offered_goes_and_comes_with_the_account(
    seller: User, administrator: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()

    people.disable(seller, actor=administrator, reason="scam", now=timezone.now())
    outbox.deliver_due()
    assert not Listing.objects.get(pk=listing.pk).is_active

    people.enable(seller, actor=administrator, reason="mistake", now=timezone.now())
    outbox.deliver_due()
    assert Listing.objects.get(pk=listing.pk).is_active


def test_a_hidden_listing_is_there_for_owner_and_moderators_only(
    signed_in: Callable[..., APIClient],
    seller: User,
    buyer: User,
    moderator: User,
    make_listing: Callable[..., Listing],
) -> None:
    listing = make_listing()
    listings.hide(listing, actor=moderator, reason="counterfeit", now=timezone.now())
    url = f"/v1/listings/{listing.pk}"

    assert signed_in(buyer).get(url).status_code == 404
    assert signed_in(moderator).get(url).status_code == 200
    own = signed_in(seller).get(url)
    assert (own.status_code, own.json()["is_active"]) == (200, False)
    signed_in(seller).patch(url, {"is_active": True})
    assert not Listing.objects.get(pk=listing.pk).is_active


def test_nobody_names_a_price_that_there_are_no_coins_for(
    signed_in: Callable[..., APIClient], seller: User, body: dict[str, Any]
) -> None:
    client = signed_in(seller)
    body |= {"currency": "CLP", "price_cents": 100_050}

    refused = client.post("/v1/listings", body)
    made = client.post("/v1/listings", body | {"price_cents": 100_000}).json()

    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "price_cents"])
    for change, status in (
        ({"price_cents": 100_010}, 422),
        ({"currency": "COP", "price_cents": 100_010}, 200),
        ({"currency": "CLP"}, 422),
        ({"title": "Something else"}, 200),
        ({"currency": "CLP", "price_cents": 100_100}, 200),
    ):
        assert client.patch(f"/v1/listings/{made['id']}", change).status_code == status, change
