"""Receipts: given to the parties, checked by anybody, with us or with the public key alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from orders.lifecycle import Party
from orders.models import Order
from orders.services import receipts
from orders.services.disputes import opening, settling
from orders.tests.conftest import PRICE
from orders.tests.parties import complete, ship

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]


@pytest.fixture
def given(signed_in: SignIn, buyer: User, order: Order) -> dict[str, Any]:
    complete(order)
    reply = signed_in(buyer).get(f"/v1/orders/{order.pk}/receipt")
    assert reply.status_code == 200
    body: dict[str, Any] = reply.json()
    return body


def judged(receipt: Any) -> Any:
    return APIClient().post("/v1/receipts/verify", {"receipt": receipt}).json()


def test_both_parties_get_the_same_and_it_is_true(
    signed_in: SignIn, seller: User, order: Order, given: dict[str, Any]
) -> None:
    assert signed_in(seller).get(f"/v1/orders/{order.pk}/receipt").json() == given
    facts = {"order_id": str(order.pk), "total_cents": PRICE, "released_cents": PRICE, "refunded_cents": 0}
    assert facts.items() <= given["facts"].items()
    assert judged(given) == {"valid": True, "matches_records": True}


def test_it_names_nobody(given: dict[str, Any]) -> None:
    assert "buyer@uni.edu" not in json.dumps(given)
    assert not any("name" in key for key in given["facts"])


def test_a_third_party_needs_only_the_public_key(anonymous: APIClient, given: dict[str, Any]) -> None:
    published = anonymous.get("/v1/receipts/key").json()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(published["public_key"]))
    text = json.dumps(given["facts"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    key.verify(base64.b64decode(given["signature"]), text.encode())  # raises if it is not so

    assert published["key_id"] == given["key_id"]


@pytest.mark.parametrize(
    "change",
    [{"total_cents": 1}, {"total_cents": float(PRICE)}, {"seller_id": "x"}, {"more": 1}, {"order_number": 10**30}],
)
def test_a_changed_one_is_not_valid(change: dict[str, Any], given: dict[str, Any]) -> None:
    changed = {**given, "facts": {**given["facts"], **change}}

    assert judged(changed) == {"valid": False, "matches_records": False}


@pytest.mark.parametrize("signature", ["x", "AAAA", "ñ", "A" * 88])
def test_a_forged_signature_is_not_valid(signature: str, given: dict[str, Any]) -> None:
    assert judged({**given, "signature": signature})["valid"] is False


@pytest.mark.parametrize("receipt", [None, {}, [], "x", {"facts": 1, "signature": "x"}, {"facts": {}}])
def test_what_is_no_receipt_is_told_so(receipt: Any, anonymous: APIClient) -> None:
    assert anonymous.post("/v1/receipts/verify", {"receipt": receipt}).status_code == 422


def test_one_of_another_server_is_not_ours(given: dict[str, Any], settings: Settings) -> None:
    settings.RECEIPT_KEY = "a key of its own, which may outlive the server's secret"

    assert judged(given)["valid"] is False


def test_one_we_signed_and_no_longer_stand_by_says_both(given: dict[str, Any]) -> None:
    facts = {**given["facts"], "total_cents": 1}
    signature = base64.b64encode(receipts._key().sign(receipts.canonical(facts))).decode()

    assert judged({"facts": facts, "signature": signature}) == {"valid": True, "matches_records": False}


def test_a_split_is_on_it(signed_in: SignIn, buyer: User, seller: User, order: Order) -> None:
    ship(order)
    dispute = opening.open_dispute(buyer, order.pk, raised_by=Party.BUYER)
    settling.propose(buyer, dispute.pk, 100)
    settling.propose(seller, dispute.pk, 100)

    facts = signed_in(seller).get(f"/v1/orders/{order.pk}/receipt").json()["facts"]

    assert (facts["released_cents"], facts["refunded_cents"]) == (100, PRICE - 100)


def test_not_for_strangers_and_not_before_the_end(signed_in: SignIn, buyer: User, stranger: User, order: Order) -> None:
    early = signed_in(buyer).get(f"/v1/orders/{order.pk}/receipt")
    assert (early.status_code, early.json()["code"]) == (409, "no_receipt")
    complete(order)
    assert signed_in(stranger).get(f"/v1/orders/{order.pk}/receipt").status_code == 404


def test_checking_is_limited(given: dict[str, Any], settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "receipts": "2/minute"}

    codes = [APIClient().post("/v1/receipts/verify", {"receipt": given}).status_code for _ in range(3)]

    assert codes == [200, 200, 429]
