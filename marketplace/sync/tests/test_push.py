"""`/v1/sync/push`: what a phone did while it was offline is done once, in order, and each thing for itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Notification, User
from chat.models import Member, Message
from chat.services import opening, sending
from listings.models import Favourite, Listing
from marketplace.common.ids import uuid7
from orders.models import Order, Review
from orders.services import ending, operations, paying

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]


def push(client: APIClient, *operations: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    told = [{"client_id": client_id, "type": what, "body": body} for client_id, what, body in operations]
    reply = client.post("/v1/sync/push", {"operations": told})
    assert reply.status_code == 200, reply.content
    results: list[dict[str, Any]] = reply.json()["results"]
    assert [each["client_id"] for each in results] == [client_id for client_id, _, _ in operations]
    return results


def test_everything_that_can_be_done_offline_is_done(
    signed_in: SignIn, buyer: User, seller: User, listing: Listing, paid: Order, make_listing: Callable[..., Listing]
) -> None:
    room, _ = opening.about_listing(buyer, listing.pk)
    sending.send(seller, room.pk, sending.Draft("¿Cuándo?"))
    told = Notification.objects.create(user=buyer, kind="x", title="Hola", event_id=uuid7())
    liked, wanted, client = make_listing(title="Bata"), make_listing(title="Regla"), signed_in(buyer)
    paying.capture(buyer, paid.pk)
    operations.drive(paid.pk)
    ending.complete(buyer, paid.pk)
    name = str(uuid4())

    results = push(
        client,
        ("1", "message.read", {"chat_id": str(room.pk)}),
        ("2", "message.send", {"chat_id": str(room.pk), "content": "Mañana"}),
        ("3", "favourite.add", {"listing_id": str(liked.pk)}),
        ("4", "notification.read", {"notification_id": str(told.pk)}),
        (name, "order.create", {"listing_id": str(wanted.pk)}),
        ("5", "review.create", {"order_id": str(paid.pk), "ratee_id": str(seller.pk), "rating": 5}),
        ("6", "listing.create", {"title": "Atlas", "price_cents": 5, "category_id": str(liked.category_id)}),
    )

    assert [each["status"] for each in results] == ["applied"] * 7, results
    assert Member.objects.get(room=room, user=buyer).last_read_seq == 1
    assert Message.objects.get(client_id="2").body == "Mañana"
    assert Favourite.objects.filter(user=buyer, listing=liked).exists()
    assert Notification.objects.get(pk=told.pk).read_at is not None
    assert str(Order.objects.get(listing=wanted).client_id) == name
    assert Review.objects.filter(order=paid, rater=buyer).exists()
    made = Listing.objects.get(pk=results[-1]["result"]["id"])

    (changed,) = push(
        client, ("7", "listing.change", {"listing_id": str(made.pk), "expected_version": 1, "price_cents": 4})
    )
    assert (changed["status"], changed["result"]["version"]) == ("applied", 2)


def test_what_the_doors_refuse_is_refused_here_too(
    signed_in: SignIn, buyer: User, seller: User, listing: Listing, make_listing: Callable[..., Listing]
) -> None:
    room, _ = opening.about_listing(buyer, listing.pk)
    other, _ = opening.about_listing(buyer, make_listing(title="Bata").pk)
    said = sending.send(seller, other.pk, sending.Draft("en otra sala"))

    results = push(
        signed_in(buyer),
        ("1", "message.read", {"chat_id": str(room.pk), "last_message_id": str(said.message_id)}),
        ("2", "message.send", {"chat_id": str(room.pk), "content": "aquí", "latitude": 4.6}),
    )

    assert [each["status"] for each in results] == ["rejected"] * 2, results
    assert not Message.objects.filter(room=room).exists()


def test_the_same_again_is_the_same(signed_in: SignIn, buyer: User, listing: Listing) -> None:
    client, operation = signed_in(buyer), ("a", "order.create", {"listing_id": str(listing.pk)})

    first, again = push(client, operation)[0], push(client, operation)[0]

    assert (first["status"], again["status"]) == ("applied", "duplicate")
    assert first["result"] == again["result"]
    assert Order.objects.count() == 1


def test_another_operation_under_a_known_name_is_refused(signed_in: SignIn, buyer: User, listing: Listing) -> None:
    client = signed_in(buyer)
    push(client, ("a", "favourite.add", {"listing_id": str(listing.pk)}))

    (result,) = push(client, ("a", "favourite.drop", {"listing_id": str(listing.pk)}))

    assert (result["status"], result["code"]) == ("rejected", "client_id_reused")
    assert Favourite.objects.count() == 1


def test_the_names_are_each_persons_own(signed_in: SignIn, buyer: User, stranger: User, listing: Listing) -> None:
    for person in (buyer, stranger):
        assert (
            push(signed_in(person), ("a", "favourite.add", {"listing_id": str(listing.pk)}))[0]["status"] == "applied"
        )


def test_what_is_refused_keeps_nothing_else_from_being_done_and_may_be_tried_again(
    signed_in: SignIn, buyer: User, seller: User, stranger: User, listing: Listing
) -> None:
    room, _ = opening.about_listing(buyer, listing.pk)
    client = signed_in(stranger)

    results = push(
        client,
        ("1", "message.send", {"chat_id": str(room.pk), "content": "déjame entrar"}),
        ("2", "listing.change", {"listing_id": str(listing.pk), "expected_version": 1, "price_cents": 1}),
        ("3", "order.create", {"listing_id": str(uuid4())}),
        ("4", "review.create", {"order_id": str(uuid4()), "ratee_id": str(seller.pk), "rating": 9}),
        ("5", "listing.create", {"title": ""}),
        ("6", "favourite.add", {"listing_id": str(listing.pk)}),
    )

    assert [each["status"] for each in results] == ["rejected"] * 5 + ["applied"]
    assert [each["code"] for each in results[1:5]] == [
        *("listing_not_found", "listing_not_found", "validation_error", "validation_error"),
    ]
    assert Message.objects.count() == 0
    assert Listing.objects.get(pk=listing.pk).version == 1
    Member.objects.create(room=room, user=stranger)
    assert push(client, ("1", "message.send", {"chat_id": str(room.pk), "content": "déjame entrar"}))[0]["code"] is None


def test_a_change_of_what_has_changed_meanwhile_is_refused(signed_in: SignIn, seller: User, listing: Listing) -> None:
    client, change = signed_in(seller), {"listing_id": str(listing.pk), "expected_version": 1, "price_cents": 1}

    results = push(client, ("1", "listing.change", change), ("2", "listing.change", {**change, "price_cents": 2}))

    assert [each["status"] for each in results] == ["applied", "rejected"]
    assert results[1]["code"] == "changed_meanwhile"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"operations": {}},
        {"operations": [{"client_id": "a", "type": "order.steal", "body": {}}]},
        {"operations": [{"client_id": "x" * 65, "type": "order.create", "body": {}}]},
        {"operations": [{"client_id": str(n), "type": "order.create", "body": {}} for n in range(101)]},
    ],
)
def test_what_is_no_push_is_422(signed_in: SignIn, buyer: User, body: Any) -> None:
    assert signed_in(buyer).post("/v1/sync/push", body).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_pushes_at_once_do_it_once(
    signed_in: SignIn, buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(of=50)
    room, _ = opening.about_listing(buyer, listing.pk)
    told: list[tuple[str, str, dict[str, Any]]] = [
        ("a", "order.create", {"listing_id": str(listing.pk)}),
        ("b", "message.send", {"chat_id": str(room.pk), "content": "hola"}),
        ("c", "listing.create", {"title": "Atlas", "price_cents": 5, "category_id": str(listing.category_id)}),
    ]

    def once(client: APIClient) -> list[dict[str, Any]]:
        try:
            return push(client, *told)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(once, [signed_in(buyer) for _ in range(8)]))

    for each in zip(*answers, strict=True):
        assert sorted(answer["status"] for answer in each) == ["applied"] + ["duplicate"] * 7, each
        assert all(answer["result"] == each[0]["result"] for answer in each)
    assert (Order.objects.count(), Message.objects.count(), Listing.objects.filter(title="Atlas").count()) == (1, 1, 1)
