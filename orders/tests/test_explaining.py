"""Anybody who is party to an order can see why it is where it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from orders.lifecycle import State
from orders.models import Order
from orders.services import accepting, delivering, ending, explaining, operating, operations, paying
from orders.tests.money import misbehave
from orders.tests.parties import let_run_out
from orders.tests.test_chargebacks import charged_back

pytestmark = pytest.mark.django_db


def told(client: APIClient, order: Order) -> dict[str, object]:
    body: dict[str, object] = client.get(f"/v1/orders/{order.pk}/explain").json()
    return body


def test_it_says_who_must_act_until_when_and_what_happens_otherwise(
    signed_in: Callable[..., APIClient], buyer: User, seller: User, order: Order
) -> None:
    body = told(signed_in(buyer), order)

    assert (body["state"], body["waits_for"]) == ("created", ["buyer"])
    assert body["allowed"] == ["pay", "cancel_unpaid"]
    assert body["until"] is not None
    assert "expires" in str(body["if_nobody_acts"])
    assert body["money"] == "With the buyer."
    assert told(signed_in(seller), order)["allowed"] == ["cancel_unpaid"]


def test_it_follows_the_money(signed_in: Callable[..., APIClient], buyer: User, seller: User, paid: Order) -> None:
    client = signed_in(buyer)
    held = told(client, paid)
    accepting.accept(seller, paid.pk)
    accepted = told(client, paid)
    ending.complete(buyer, paid.pk)
    done = told(client, paid)

    assert (held["waits_for"], held["money"]) == (["seller"], "Held on the buyer's side.")
    assert (accepted["waits_for"], accepted["allowed"]) == (["buyer", "seller"], ["confirm", "dispute"])
    assert (done["waits_for"], done["until"], done["money"]) == ([], None, "Paid to the seller.")


def test_it_speaks_spanish(signed_in: Callable[..., APIClient], buyer: User, order: Order) -> None:
    body = signed_in(buyer).get(f"/v1/orders/{order.pk}/explain", HTTP_ACCEPT_LANGUAGE="es").json()

    assert body["money"] == "Con quien compra."


@pytest.mark.parametrize("state", State.values)
def test_every_state_has_its_words(order: Order, buyer: User, state: str) -> None:
    order.state = state

    explanation = explaining.explain(order, buyer)

    assert explanation.text
    assert explanation.if_nobody_acts


@pytest.fixture
def owing(buyer: User, make_order: Callable[..., Order]) -> None:
    """The seller owes 10 000 cents of an earlier sale."""
    lost = make_order(price_cents=10_000)
    paying.pay(buyer, lost.pk)
    operations.drive(lost.pk)
    misbehave(lost, "chargeback")
    ending.complete(buyer, lost.pk)
    charged_back(lost)


def sold(buyer: User, order: Order) -> Order:
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    return ending.complete(buyer, order.pk)


@pytest.mark.usefixtures("owing")
@pytest.mark.parametrize(
    ("cents", "money"),
    [
        (4_000, "Kept for what the seller owed from earlier sales."),
        (19_000, "Paid to the seller, less what they owed from earlier sales."),
    ],
)
def test_what_was_kept_for_a_debt_is_told_to_the_seller_alone(
    signed_in: Callable[..., APIClient],
    in_admin: Callable[..., Client],
    buyer: User,
    seller: User,
    moderator: User,
    make_order: Callable[..., Order],
    cents: int,
    money: str,
) -> None:
    order = sold(buyer, make_order(price_cents=cents))

    assert told(signed_in(seller), order)["money"] == money
    assert told(signed_in(moderator), order)["money"] == money
    assert told(signed_in(buyer), order)["money"] == "Paid to the seller."
    assert money in in_admin(moderator).get(f"/admin/orders/order/{order.pk}/change/").content.decode()


def test_a_fee_that_takes_all_is_said_to(
    signed_in: Callable[..., APIClient], buyer: User, make_order: Callable[..., Order], settings: Settings
) -> None:
    settings.ORDER_FEE_MIN_CENTS = 10_000
    order = sold(buyer, make_order(price_cents=4_000))

    assert told(signed_in(buyer), order)["money"] == "All of it went into the fee."


def test_a_gift_has_no_money(
    signed_in: Callable[..., APIClient], buyer: User, make_order: Callable[..., Order]
) -> None:
    order = sold(buyer, make_order(price_cents=0))

    assert told(signed_in(buyer), order)["money"] == "There was nothing to pay."


def test_of_a_split_each_part_is_where_it_is(
    signed_in: Callable[..., APIClient], buyer: User, moderator: User, disputed: Order
) -> None:
    operating.resolve(moderator, disputed.pk, release_cents=50_000_00, reason="half")
    client, heard = signed_in(buyer), []
    for _ in range(3):
        heard.append(told(client, disputed)["money"])
        claim = operations.queue.claim_one_of("order_id", disputed.pk)
        if claim is not None:
            operations._work(claim)

    assert heard == [
        "In escrow.",
        "In escrow. The rest is back with the buyer.",
        "Paid to the seller. The rest is back with the buyer.",
    ]


def test_what_nobody_brought_was_not_left_unpaid(
    signed_in: Callable[..., APIClient], buyer: User, make_listing: Callable[..., Listing]
) -> None:
    door = delivering.Door("FIEC", "11-C")
    order = delivering.order_to(buyer, make_listing().pk, door, payment="cash").order
    let_run_out(order)

    assert told(signed_in(buyer), order)["text"] == "Nobody has brought it in time."
