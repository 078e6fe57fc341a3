"""The campus contract, the order rows of §11 and §12: what its apps ask beyond §6."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from listings.services import listings
from orders.models import Order, OrderEvent
from orders.services import accepting, ending, handing_over, operations
from orders.tests.conftest import PRICE
from orders.tests.parties import nothing_happened

pytestmark = pytest.mark.django_db

As = Callable[..., APIClient]


@pytest.mark.parametrize("is_paid", [False, True])
def test_11_cancel_answers_the_order(signed_in: As, buyer: User, order: Order, is_paid: bool) -> None:
    client = signed_in(buyer)
    if is_paid:
        client.post(f"/v1/orders/{order.pk}/pay")
        operations.drive(order.pk)

    reply = client.post(f"/v1/orders/{order.pk}/cancel", {"reason": "Found another"})

    assert (reply.status_code, reply.json()["status"]) == (200, "cancelled")
    order.refresh_from_db()
    assert order.state == ("refunded" if is_paid else "cancelled")
    assert OrderEvent.objects.filter(order=order, reason="Found another").count() == 1
    assert Listing.objects.get().available == 1


def test_11_cancel_after_acceptance_is_not_the_buyers_any_more(
    signed_in: As, buyer: User, seller: User, paid: Order
) -> None:
    accepting.accept(seller, paid.pk)
    paid.refresh_from_db()

    reply = signed_in(buyer).post(f"/v1/orders/{paid.pk}/cancel")

    assert reply.status_code == 409
    assert "dispute" in reply.json()["allowed"]
    assert nothing_happened(paid)


def test_11_refund_by_the_seller(signed_in: As, buyer: User, seller: User, stranger: User, paid: Order) -> None:
    handing_over.ship(seller, paid.pk)
    paid.refresh_from_db()
    body = {"order_id": str(paid.pk), "provider_ref": "x"}
    assert [signed_in(person).post("/v1/payments/refund", body).status_code for person in (buyer, stranger)] == [
        403,
        404,
    ]
    assert nothing_happened(paid)

    reply = signed_in(seller).post("/v1/payments/refund", body)

    assert (reply.status_code, reply.json()) == (200, {"refunded": True})
    paid.refresh_from_db()
    assert (paid.state, paid.status) == ("refunded", "cancelled")


def test_12_kotlin_and_flutter_list_is_a_bare_array_newest_first(
    signed_in: As, buyer: User, seller: User, stranger: User, make_order: Any
) -> None:
    orders = [make_order() for _ in range(3)]

    for person in (buyer, seller):
        body = signed_in(person).get("/v1/orders").json()
        assert [each["id"] for each in body] == [str(order.pk) for order in reversed(orders)]
    assert signed_in(stranger).get("/v1/orders").json() == []


def test_12_flutter_pages_and_filters(signed_in: As, buyer: User, seller: User, make_order: Any) -> None:
    orders = [make_order() for _ in range(3)]
    ending.cancel(buyer, orders[0].pk)
    client = signed_in(buyer)

    assert [each["id"] for each in client.get("/v1/orders?page=2&page_size=2").json()] == [str(orders[0].pk)]
    assert [each["id"] for each in client.get("/v1/orders?status=cancelled").json()] == [str(orders[0].pk)]
    assert client.get("/v1/orders?role=seller").json() == []
    assert len(signed_in(seller).get("/v1/orders?role=seller").json()) == 3


def test_12_the_list_asks_the_same_number_of_questions_however_long_it_is(
    signed_in: As, buyer: User, make_order: Any, django_assert_num_queries: Any
) -> None:
    client = signed_in(buyer)
    make_order()
    client.get("/v1/orders")
    for _ in range(4):
        make_order()

    with django_assert_num_queries(2):  # the person, and the orders with their escrow
        assert len(client.get("/v1/orders").json()) == 5


def test_12_flutter_detail_with_includes(signed_in: As, seller: User, paid: Order) -> None:
    body = signed_in(seller).get(f"/v1/orders/{paid.pk}?include=payments,escrow,status_history").json()

    assert body["status"] == "paid"
    assert body["escrow"]["status"] == "funded"
    assert [payment["status"] for payment in body["payments"]] == ["completed"]
    history = [(each["from_status"], each["to_status"]) for each in body["status_history"]]
    assert history == [(None, "created"), ("created", "paid")]
    assert all(each["created_at"].endswith("Z") and each["order_id"] == str(paid.pk) for each in body["status_history"])
    assert "payments" not in signed_in(seller).get(f"/v1/orders/{paid.pk}").json()


def test_12_flutter_history_payments_and_orders_by_user(
    signed_in: As, buyer: User, stranger: User, paid: Order
) -> None:
    client = signed_in(buyer)

    assert len(client.get(f"/v1/orders/{paid.pk}/status-history").json()) == 2
    assert len(client.get(f"/v1/orders/{paid.pk}/payments").json()) == 1
    assert len(client.get(f"/v1/orders/user/{buyer.pk}").json()) == 1
    for path in ("", "/status-history", "/payments", "/explain"):
        assert signed_in(stranger).get(f"/v1/orders/{paid.pk}{path}").status_code == 404
    assert signed_in(stranger).get(f"/v1/orders/user/{buyer.pk}").status_code == 404


def test_12_flutter_ship_by_the_seller(signed_in: As, buyer: User, seller: User, paid: Order) -> None:
    assert signed_in(buyer).post(f"/v1/orders/{paid.pk}/ship").status_code == 403
    assert nothing_happened(paid)

    reply = signed_in(seller).post(f"/v1/orders/{paid.pk}/ship", {"tracking_number": "CO-17"})

    assert (reply.status_code, reply.json()["status"], reply.json()["tracking_number"]) == (200, "shipped", "CO-17")
    paid.refresh_from_db()
    assert (paid.state, paid.proof) == ("handed_over", "seller_claim")
    again = signed_in(seller).post(f"/v1/orders/{paid.pk}/ship")
    assert (again.status_code, again.json()["tracking_number"]) == (200, "CO-17")


def test_ids_that_are_none_are_404_and_never_500(signed_in: As, buyer: User) -> None:
    client = signed_in(buyer)

    assert client.get("/v1/orders/17").status_code == 404
    assert client.get(f"/v1/orders/{uuid4()}").status_code == 404
    assert client.post("/v1/payments/capture", {"order_id": "17"}).status_code == 422
    assert client.post("/v1/escrow/step", {"escrow_id": str(uuid4()), "step": "x", "result": "ok"}).status_code == 404


def test_what_was_bought_stays_as_it_was(buyer: User, seller: User, order: Order, listing: Listing) -> None:
    from django.utils import timezone

    listings.change(listing.pk, owner=seller, changes={"title": "Other", "price_cents": 1}, now=timezone.now())

    order.refresh_from_db()
    assert (order.listing_as_bought["title"], order.total_cents) == ("Calculadora", PRICE)
