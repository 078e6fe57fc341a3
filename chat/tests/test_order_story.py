"""An order's story is told in the chat of its two parties: orders publish, chat listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from chat import announcing
from chat.models import Message, Room
from chat.services import opening
from listings.models import Listing
from marketplace.common import outbox
from marketplace.common.models import OutboxDelivery
from orders.services import ending, offering, operations, paying, placing

pytestmark = pytest.mark.django_db
Heard = Callable[[User], list[dict[str, Any]]]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What was published for a person's own sockets; here nothing is committed, so nothing is waited for."""
    published: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        announcing, "person_after_commit", lambda user_id, shown: published.append((str(user_id), shown))
    )
    return lambda user: [shown for user_id, shown in published if user_id == str(user.pk)]


def deliver() -> None:
    while outbox.deliver_due(limit=1_000):
        pass


def story(room: Room) -> list[str]:
    rows = Message.objects.filter(room=room, kind="system").order_by("seq")
    return [row.data["kind"] for row in rows if row.data]


def test_from_order_to_its_end(buyer: User, seller: User, listing: Listing) -> None:
    order = placing.place(buyer, placing.Wish(listing.pk))[0]
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    deliver()
    ending.complete(buyer, order.pk)
    operations.drive(order.pk)
    deliver()
    room = Room.objects.get()
    assert (room.kind, room.buyer_id, room.owner_id) == ("listing", buyer.pk, seller.pk)
    assert story(room) == ["order.create", "order.auth_ok", "order.confirm", "order.settled"]


def test_in_the_order_of_its_steps_whoever_hears_of_them_first(buyer: User, listing: Listing) -> None:
    order = placing.place(buyer, placing.Wish(listing.pk))[0]
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    ending.complete(buyer, order.pk)
    operations.drive(order.pk)
    outbox.hand_out()
    heard = OutboxDelivery.objects.filter(listener__endswith="tell_the_orders_story").order_by("pk")
    for late, each in enumerate(reversed(heard)):
        OutboxDelivery.objects.filter(pk=each.pk).update(due_at=timezone.now() - timedelta(minutes=20 - late))

    deliver()

    assert story(Room.objects.get()) == ["order.create", "order.auth_ok", "order.confirm", "order.settled"]


def test_a_story_that_was_begun_without_numbers_goes_on(buyer: User, listing: Listing) -> None:
    order = placing.place(buyer, placing.Wish(listing.pk))[0]
    deliver()
    told = Message.objects.get()
    assert told.data is not None
    told.data.pop("version")
    told.save(update_fields=["data"])

    ending.cancel(buyer, order.pk)
    deliver()

    assert story(Room.objects.get()) == ["order.create", "order.cancel_unpaid"]


def test_it_is_the_chat_that_they_have_already(
    signed_in: Callable[[User], APIClient], buyer: User, room: Room, listing: Listing
) -> None:
    order = placing.place(buyer, placing.Wish(listing.pk))[0]
    deliver()
    said = signed_in(buyer).get(f"/v1/messages?chat_id={room.pk}").json()["items"][0]
    assert (said["message_type"], said["sender"]) == ("system", None)
    assert said["content"] == "Order placed. It is not paid yet."
    assert said["facts"]["order_id"] == str(order.pk)


def test_in_the_buyers_language(buyer: User, listing: Listing) -> None:
    User.objects.filter(pk=buyer.pk).update(language="es")
    buyer.refresh_from_db()
    placing.place(buyer, placing.Wish(listing.pk))
    deliver()
    assert Message.objects.get().body == "Pedido hecho. Aún no está pagado."


def test_an_offer_is_told_with_its_price(buyer: User, listing: Listing) -> None:
    offering.make(buyer, listing.pk, price_cents=7_000_000)
    deliver()
    told = Message.objects.get()
    assert told.data is not None
    assert (told.data["kind"], told.data["price_cents"]) == ("offer.made", 7_000_000)


def test_again_it_is_told_once(buyer: User, listing: Listing) -> None:
    placing.place(buyer, placing.Wish(listing.pk))
    deliver()
    deliver()
    assert len(story(Room.objects.get())) == 1


def test_other_people_are_told_nothing(
    signed_in: Callable[[User], APIClient], buyer: User, stranger: User, listing: Listing
) -> None:
    other = opening.about_listing(stranger, listing.pk)[0]
    placing.place(buyer, placing.Wish(listing.pk))
    deliver()
    assert story(other) == []
    assert signed_in(stranger).get("/v1/messages/unread-count").json()["count"] == 0


def test_the_parties_apps_hear_of_it(buyer: User, seller: User, listing: Listing, heard: Heard) -> None:
    order = placing.place(buyer, placing.Wish(listing.pk))[0]
    deliver()
    changed = {"type": "order.changed", "order_id": str(order.pk), "status": "created", "version": 1}
    assert changed in heard(buyer)
    assert changed in heard(seller)
    (told,) = (each["notification"] for each in heard(seller) if each["type"] == "notification")
    assert told["kind"] == "order.ordered"
    assert not [each for each in heard(buyer) if each["type"] == "notification"]
