"""T17, T19, T21: what cannot be ordered, keys used for something else, amounts that a client would like better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from orders.models import Order
from orders.tests.conftest import PRICE

pytestmark = pytest.mark.django_db

SignedIn = Callable[..., APIClient]


def wish(listing: Listing, **facts: Any) -> dict[str, Any]:
    return {"listing_id": str(listing.pk), **facts}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": "paused"}, 404),
        ({"hidden_at": timezone.now()}, 404),
        ({"removed_at": timezone.now()}, 404),
        ({"seller_is_active": False}, 404),
        ({"reserved": 1}, 409),
        ({"sold": 1, "state": "sold"}, 404),
    ],
)
def test_T17_what_is_not_on_offer_is_not_sold(
    signed_in: SignedIn, buyer: User, listing: Listing, changes: dict[str, Any], status: int
) -> None:
    Listing.objects.filter(pk=listing.pk).update(**changes)

    assert signed_in(buyer).post("/v1/orders", wish(listing)).status_code == status
    assert not Order.objects.exists()


def test_T17_ones_own_is_not_bought(signed_in: SignedIn, seller: User, listing: Listing) -> None:
    reply = signed_in(seller).post("/v1/orders", wish(listing))

    assert (reply.status_code, reply.json()["code"]) == (400, "own_listing")
    assert not Order.objects.exists()


def test_T17_a_price_that_has_changed_is_told_and_one_that_was_agreed_stays(
    signed_in: SignedIn, buyer: User, listing: Listing
) -> None:
    client = signed_in(buyer)
    Listing.objects.filter(pk=listing.pk).update(price_cents=PRICE + 1)
    stale = client.post("/v1/orders", wish(listing, total_cents=PRICE))
    assert (stale.status_code, stale.json()["code"]) == (409, "price_changed")
    listing.refresh_from_db()
    assert listing.reserved == 0

    agreed = client.post("/v1/orders", wish(listing, total_cents=PRICE + 1)).json()
    Listing.objects.filter(pk=listing.pk).update(price_cents=1)

    assert client.get(f"/v1/orders/{agreed['id']}").json()["total_cents"] == PRICE + 1


def test_T19_a_key_is_for_one_person_and_one_body(
    signed_in: SignedIn, buyer: User, stranger: User, make_listing: Callable[..., Listing]
) -> None:
    thing, key = make_listing(of=5), "once"
    client = signed_in(buyer)

    first = client.post("/v1/orders", wish(thing), HTTP_IDEMPOTENCY_KEY=key)
    again = client.post("/v1/orders", wish(thing), HTTP_IDEMPOTENCY_KEY=key)
    other_body = client.post("/v1/orders", wish(thing, quantity=2), HTTP_IDEMPOTENCY_KEY=key)
    other_person = signed_in(stranger).post("/v1/orders", wish(thing), HTTP_IDEMPOTENCY_KEY=key)

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert other_body.status_code == 422
    assert other_person.status_code == 201
    assert Order.objects.count() == 2


@pytest.mark.parametrize("key", ["k" * 256, "a\tb", "ñ"])
def test_T19_a_bad_key_is_refused(signed_in: SignedIn, buyer: User, listing: Listing, key: str) -> None:
    assert signed_in(buyer).post("/v1/orders", wish(listing), HTTP_IDEMPOTENCY_KEY=key).status_code == 400
    assert not Order.objects.exists()


@pytest.mark.parametrize("amount", [0.1, -1, 1e30, "NaN", "1e3", True, [], {}])
@pytest.mark.parametrize("name", ["total_cents", "quantity"])
def test_T21_an_amount_that_is_none_is_refused(
    signed_in: SignedIn, buyer: User, listing: Listing, name: str, amount: object
) -> None:
    reply = signed_in(buyer).post("/v1/orders", wish(listing, **{name: amount}))

    assert 400 <= reply.status_code < 500
    assert not Order.objects.exists()


def test_T21_another_currency_is_another_price(signed_in: SignedIn, buyer: User, listing: Listing) -> None:
    reply = signed_in(buyer).post("/v1/orders", wish(listing, total_cents=PRICE, currency="USD"))

    assert (reply.status_code, reply.json()["code"]) == (409, "price_changed")
