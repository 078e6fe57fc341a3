"""Anybody who is party to an order can see why it is where it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from orders.lifecycle import State
from orders.models import Order
from orders.services import accepting, ending, explaining

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
