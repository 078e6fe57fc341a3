"""An item of a delta is what its own door shows, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import Notification, User
from chat.services import opening, sending
from chat.services.sending import Draft
from listings.models import Favourite, Listing
from listings.models.listing import point
from marketplace.sync.tests.conftest import Phone
from orders.models import Order
from orders.services import ending, operations, paying, reviewing

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]


def test_listings(phone: Phone, signed_in: SignIn, buyer: User, seller: User, listing: Listing) -> None:
    """To the seller with the exact place."""
    Listing.objects.filter(pk=listing.pk).update(location=point(-2.1487, -79.9645))

    for person in (buyer, seller):
        held = phone(person).items["listings"][str(listing.pk)]
        assert held == signed_in(person).get(f"/v1/listings/{listing.pk}").json()


def test_catalogs(phone: Phone, anonymous: APIClient, listing: Listing) -> None:
    copy = phone(None)

    for name in ("categories", "brands"):
        assert list(copy.shown(name).values()) == sorted(anonymous.get(f"/v1/{name}").json(), key=lambda row: row["id"])


def test_orders(phone: Phone, signed_in: SignIn, buyer: User, paid: Order) -> None:
    held = phone(buyer).items["orders"][str(paid.pk)]

    assert held["escrow_id"] is not None
    assert held == signed_in(buyer).get(f"/v1/orders/{paid.pk}").json()


def test_chats_and_messages(phone: Phone, signed_in: SignIn, buyer: User, seller: User, listing: Listing) -> None:
    room, _ = opening.about_listing(buyer, listing.pk)
    sent = sending.send(buyer, room.pk, Draft("¿Sigue disponible?", client_id="c-1"))

    for person in (buyer, seller):
        copy, client = phone(person), signed_in(person)
        assert copy.shown("chats")[str(room.pk)] == client.get(f"/v1/chats/{room.pk}").json()
        assert copy.shown("messages")[str(sent.message_id)] == client.get(f"/v1/messages/{sent.message_id}").json()


def test_reviews(phone: Phone, signed_in: SignIn, buyer: User, paid: Order) -> None:
    paying.capture(buyer, paid.pk)
    operations.drive(paid.pk)
    ending.complete(buyer, paid.pk)
    made = reviewing.review(buyer, paid.pk, rating=5, comment="Rápido")

    held = phone(buyer).shown("reviews")[str(made.pk)]

    assert held == signed_in(buyer).get(f"/v1/reviews/orders/{paid.pk}").json()


def test_notifications(phone: Phone, signed_in: SignIn, buyer: User) -> None:
    Notification.objects.create(user=buyer, kind="x", title="Hola", data={"n": 1}, event_id=uuid4())

    held = phone(buyer).shown("notifications")

    assert list(held.values()) == signed_in(buyer).get("/v1/notifications").json()["items"]


def test_favourites_go_by_their_listing(phone: Phone, signed_in: SignIn, buyer: User, listing: Listing) -> None:
    Favourite.objects.create(user=buyer, listing=listing)

    held = phone(buyer).shown("favourites")
    shown = signed_in(buyer).get("/v1/favourites").json()["items"][0]

    assert held == {
        shown["id"]: {"id": shown["id"], "listing_id": shown["id"], "favourited_at": shown["favourited_at"]}
    }
