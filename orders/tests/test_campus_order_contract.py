"""The campus contract, §6, row by row, through HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from orders.models import EscrowStep, Operation, Order, SimulatorFault
from orders.services import ending, operations
from orders.tests.conftest import PRICE
from orders.tests.parties import nothing_happened

pytestmark = pytest.mark.django_db

As = Callable[..., APIClient]
ORDER_KEYS = {
    "id",
    "buyer_id",
    "seller_id",
    "listing_id",
    "total_cents",
    "currency",
    "status",
    "created_at",
    "updated_at",
}


def ordering(client: APIClient, listing: Listing, **body: Any) -> Any:
    return client.post("/v1/orders", {"listing_id": str(listing.pk), "quantity": 1, **body})


# ── POST /v1/orders ──────────────────────────────────────────────────────────────────────────────


def test_6_orders_seed_body_answers_201_created(signed_in: As, buyer: User, seller: User, listing: Listing) -> None:
    reply = ordering(signed_in(buyer), listing)

    assert reply.status_code == 201
    body = reply.json()
    assert body.keys() >= ORDER_KEYS | {"quantity", "escrow_id"}
    assert (body["status"], body["total_cents"], body["currency"]) == ("created", PRICE, "COP")
    assert (UUID(body["buyer_id"]), UUID(body["seller_id"])) == (buyer.pk, seller.pk)
    assert body["created_at"].endswith("Z")
    assert body["updated_at"].endswith("Z")
    assert body["escrow_id"] is None


def test_6_orders_kotlin_sends_total_and_currency_too(signed_in: As, buyer: User, listing: Listing) -> None:
    reply = ordering(signed_in(buyer), listing, total_cents=PRICE, currency="COP", buyer_id=str(uuid4()))

    assert reply.status_code == 201
    assert UUID(reply.json()["buyer_id"]) == buyer.pk  # the token's person, whatever the body claims


@pytest.mark.parametrize("wrong", [{"total_cents": 1}, {"currency": "USD"}])
def test_6_orders_another_total_than_the_servers_is_a_409(
    signed_in: As, buyer: User, listing: Listing, wrong: dict[str, Any]
) -> None:
    reply = ordering(signed_in(buyer), listing, **wrong)

    assert (reply.status_code, reply.json()["code"]) == (409, "price_changed")
    assert reply.json()["total_cents"] == PRICE
    listing.refresh_from_db()
    assert (listing.reserved, Order.objects.count()) == (0, 0)


def test_6_orders_unknown_or_inactive_is_a_404(signed_in: As, buyer: User, seller: User, listing: Listing) -> None:
    client = signed_in(buyer)
    unknown = client.post("/v1/orders", {"listing_id": str(uuid4()), "quantity": 1})
    Listing.objects.filter(pk=listing.pk).update(state="paused")
    paused = ordering(client, listing)

    for reply in (unknown, paused):
        assert (reply.status_code, reply.json()["detail"]) == (404, "Listing not found or inactive")


def test_6_orders_own_listing_is_a_400_with_the_words_kotlin_looks_for(
    signed_in: As, seller: User, listing: Listing
) -> None:
    reply = ordering(signed_in(seller), listing)

    assert reply.status_code == 400
    assert reply.json()["detail"] == "You cannot buy your own listing"


def test_6_orders_out_of_stock_is_a_409_with_words(
    signed_in: As, order: Order, stranger: User, listing: Listing
) -> None:
    reply = ordering(signed_in(stranger), listing)

    assert reply.status_code == 409
    assert isinstance(reply.json()["detail"], str)
    assert reply.json()["available"] == 0


def test_6_orders_blocked_people_find_nothing(signed_in: As, buyer: User, seller: User, listing: Listing) -> None:
    signed_in(seller).put(f"/v1/users/{buyer.pk}/block")

    assert ordering(signed_in(buyer), listing).status_code == 404
    listing.refresh_from_db()
    assert listing.reserved == 0


def test_6_orders_a_phones_own_id_sent_twice_is_one_order(signed_in: As, buyer: User, listing: Listing) -> None:
    client, client_id = signed_in(buyer), str(uuid4())

    first, again = (ordering(client, listing, client_id=client_id) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Order.objects.count() == 1


def test_6_orders_unpaid_ones_are_limited(
    signed_in: As, buyer: User, make_order: Any, listing: Listing, settings: Any
) -> None:
    settings.ORDER_MOST_UNPAID = 2
    make_order(), make_order()

    reply = ordering(signed_in(buyer), listing)

    assert (reply.status_code, reply.json()["code"]) == (409, "too_many_unpaid")
    listing.refresh_from_db()
    assert listing.reserved == 0


def test_6_orders_totals_beyond_32_bits_are_allowed(signed_in: As, buyer: User, make_order: Any) -> None:
    order = make_order(price_cents=3_000_000_000, of=2, pieces=2)

    assert signed_in(buyer).get(f"/v1/orders/{order.pk}").json()["total_cents"] == 6_000_000_000


# ── pay ──────────────────────────────────────────────────────────────────────────────────────────


def test_6_pay_answers_202_with_the_order_and_its_escrow(signed_in: As, buyer: User, order: Order) -> None:
    reply = signed_in(buyer).post(f"/v1/orders/{order.pk}/pay")

    assert reply.status_code == 202
    body = reply.json()
    assert body.keys() >= ORDER_KEYS
    assert len(body["escrow_id"]) == 36
    assert (body["status"], body["id"]) == ("created", str(order.pk))


def test_6_pay_again_answers_as_the_first_did(signed_in: As, buyer: User, order: Order) -> None:
    client = signed_in(buyer)
    first = client.post(f"/v1/orders/{order.pk}/pay")
    again = client.post(f"/v1/orders/{order.pk}/pay")
    operations.drive(order.pk)
    paid = client.post(f"/v1/orders/{order.pk}/pay")

    assert [reply.status_code for reply in (first, again, paid)] == [202, 202, 202]
    assert len({reply.json()["payment_id"] for reply in (first, again, paid)}) == 1
    assert paid.json()["status"] == "paid"
    assert Operation.objects.count() == 1


def test_6_pay_is_the_buyers(signed_in: As, seller: User, stranger: User, order: Order) -> None:
    by_seller = signed_in(seller).post(f"/v1/orders/{order.pk}/pay")
    by_stranger = signed_in(stranger).post(f"/v1/orders/{order.pk}/pay")

    assert (by_seller.status_code, by_stranger.status_code) == (403, 404)
    assert by_stranger.json()["detail"] == "Order not found"
    assert nothing_happened(order)


def test_6_pay_of_what_is_called_off_cannot_be(signed_in: As, buyer: User, order: Order) -> None:
    ending.cancel(buyer, order.pk)

    reply = signed_in(buyer).post(f"/v1/orders/{order.pk}/pay")

    assert (reply.status_code, reply.json()["detail"]) == (409, "Cannot pay order")
    assert reply.json()["state"] == "cancelled"
    assert reply.json()["allowed"] == []
    assert not Operation.objects.exists()


def test_6_pay_that_is_declined_can_be_tried_again(signed_in: As, buyer: User, order: Order) -> None:
    client = signed_in(buyer)
    SimulatorFault.objects.create(fault="decline", kind="authorize")
    client.post(f"/v1/orders/{order.pk}/pay")
    operations.drive(order.pk)
    declined = client.get(f"/v1/orders/{order.pk}?include=payments").json()
    client.post(f"/v1/orders/{order.pk}/pay")
    operations.drive(order.pk)
    paid = client.get(f"/v1/orders/{order.pk}?include=payments").json()

    assert (declined["status"], [each["status"] for each in declined["payments"]]) == ("created", ["failed"])
    assert (paid["status"], [each["status"] for each in paid["payments"]]) == ("paid", ["failed", "completed"])


# ── capture ──────────────────────────────────────────────────────────────────────────────────────


def test_6_capture_leaves_the_order_paid_at_once(signed_in: As, buyer: User, order: Order) -> None:
    client = signed_in(buyer)
    client.post(f"/v1/orders/{order.pk}/pay")

    reply = client.post("/v1/payments/capture", {"order_id": str(order.pk), "provider_ref": "TESTPROV-12345678"})

    assert (reply.status_code, reply.json()) == (200, {"captured": True})
    order.refresh_from_db()
    assert order.status == "paid"
    payments = client.get(f"/v1/orders/{order.pk}/payments").json()
    assert payments[0]["provider_ref"] == "TESTPROV-12345678"


def test_6_capture_without_a_ref_and_again(signed_in: As, buyer: User, paid: Order) -> None:
    client = signed_in(buyer)
    replies = [client.post("/v1/payments/capture", {"order_id": str(paid.pk)}) for _ in range(2)]

    assert [reply.json() for reply in replies] == [{"captured": True}, {"captured": True}]
    assert Operation.objects.filter(kind="capture").count() == 1


def test_6_capture_kotlin_sends_the_id_in_the_query(signed_in: As, buyer: User, paid: Order) -> None:
    reply = signed_in(buyer).post(f"/v1/payments/capture?order_id={paid.pk}&provider_ref=x")

    assert (reply.status_code, reply.json()) == (200, {"captured": True})


def test_6_capture_is_the_buyers_and_needs_a_payment(
    signed_in: As, buyer: User, seller: User, stranger: User, order: Order
) -> None:
    body = {"order_id": str(order.pk)}
    replies = [signed_in(person).post("/v1/payments/capture", body).status_code for person in (seller, stranger, buyer)]

    assert replies == [403, 404, 409]
    assert nothing_happened(order)


def test_6_capture_without_an_answer_of_the_provider_is_false(signed_in: As, buyer: User, order: Order) -> None:
    client = signed_in(buyer)
    client.post(f"/v1/orders/{order.pk}/pay")
    SimulatorFault.objects.create(fault="timeout_before", kind="authorize", times_left=9)

    reply = client.post("/v1/payments/capture", {"order_id": str(order.pk)})

    assert (reply.status_code, reply.json()) == (200, {"captured": False})
    assert Operation.objects.get().state == "unknown"


# ── escrow/step ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("result", ["ok", "success"])
def test_6_escrow_step_is_noted(signed_in: As, buyer: User, paid: Order, result: str) -> None:
    body = {"escrow_id": str(paid.escrow.pk), "order_id": str(paid.pk), "step": "payment_made", "result": result}

    reply = signed_in(buyer).post("/v1/escrow/step", body)

    assert (reply.status_code, reply.json()) == (202, {"ok": True})
    assert EscrowStep.objects.get().result == result
    assert nothing_happened(paid)


def test_6_escrow_step_cancelled_is_the_wish_to_cancel(signed_in: As, buyer: User, paid: Order) -> None:
    body = {"escrow_id": str(paid.escrow.pk), "order_id": str(paid.pk), "step": "chat_initiated", "result": "cancelled"}

    assert signed_in(buyer).post("/v1/escrow/step", body).status_code == 202

    paid.refresh_from_db()
    assert (paid.state, paid.status, paid.escrow_status) == ("refunded", "cancelled", "refunded")


def test_6_escrow_step_is_the_two_parties(signed_in: As, stranger: User, moderator: User, paid: Order) -> None:
    body = {"escrow_id": str(paid.escrow.pk), "step": "x", "result": "cancelled"}

    assert signed_in(stranger).post("/v1/escrow/step", body).status_code == 404
    assert signed_in(moderator).post("/v1/escrow/step", body).status_code == 404
    assert nothing_happened(paid)
    assert not EscrowStep.objects.exists()


# ── complete ─────────────────────────────────────────────────────────────────────────────────────


def test_6_complete_by_the_buyer_and_again(signed_in: As, buyer: User, paid: Order) -> None:
    client = signed_in(buyer)
    first, again = (client.post(f"/v1/orders/{paid.pk}/complete") for _ in range(2))

    assert [(reply.status_code, reply.json()["status"]) for reply in (first, again)] == [(200, "completed")] * 2
    assert Operation.objects.filter(kind="transfer").count() == 1


def test_6_complete_of_an_unpaid_one_cannot_be(signed_in: As, buyer: User, order: Order) -> None:
    reply = signed_in(buyer).post(f"/v1/orders/{order.pk}/complete")

    assert (reply.status_code, reply.json()["detail"]) == (409, "Cannot complete order")
    assert nothing_happened(order)


def test_6_complete_is_the_buyers(signed_in: As, seller: User, stranger: User, moderator: User, paid: Order) -> None:
    people = (seller, moderator, stranger)
    replies = [signed_in(person).post(f"/v1/orders/{paid.pk}/complete").status_code for person in people]

    assert replies == [403, 403, 404]
    assert nothing_happened(paid)


def test_6_complete_with_the_same_key_is_answered_again(signed_in: As, buyer: User, paid: Order) -> None:
    client = signed_in(buyer)
    first, again = (client.post(f"/v1/orders/{paid.pk}/complete", HTTP_IDEMPOTENCY_KEY="c1") for _ in range(2))

    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(("door", "word"), [("capture", "captured"), ("refund", "refunded")])
def test_6_not_yet_is_no_answer_that_is_kept(
    signed_in: As, buyer: User, seller: User, paid: Order, monkeypatch: pytest.MonkeyPatch, door: str, word: str
) -> None:
    client = signed_in(buyer if door == "capture" else seller)

    def asked() -> Any:
        return client.post(f"/v1/payments/{door}", {"order_id": str(paid.pk)}, HTTP_IDEMPOTENCY_KEY="k1")

    with monkeypatch.context() as slow:  # the provider
        slow.setattr(operations, "drive", lambda order_id: None)
        assert (asked().status_code, asked().json()) == (200, {word: False})
    second, third = asked(), asked()

    assert (second.json(), "Idempotent-Replayed" in second) == ({word: True}, False)
    assert (third.json(), third["Idempotent-Replayed"]) == ({word: True}, "true")
    assert set(Operation.objects.exclude(kind="authorize").values_list("state", flat=True)) == {"succeeded"}
    assert Operation.objects.exclude(kind="authorize").count() == 1
