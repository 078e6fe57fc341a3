"""Buyers play their own bank, where payments are simulated and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from orders.models import Order, SimulatorFault
from orders.services import operations, paying
from orders.tests.money import provider_has

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., APIClient]


def fault(client: APIClient, order: Order, name: str) -> int:
    return client.post(f"/v1/practice/orders/{order.pk}/fault", {"fault": name}).status_code


def confirm(client: APIClient, order: Order, *, succeeds: bool = True) -> tuple[int, str]:
    reply = client.post(f"/v1/practice/orders/{order.pk}/confirm", {"succeeds": succeeds})
    return reply.status_code, reply.json().get("state") or reply.json()["code"]


@pytest.fixture
def waiting(buyer: User, signed_in: SignedIn, order: Order) -> Order:
    """Its payment waits for the buyer."""
    assert fault(signed_in(buyer), order, "action") == 200
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    return order


def test_a_payment_that_waits_is_confirmed_by_its_buyer(buyer: User, signed_in: SignedIn, waiting: Order) -> None:
    assert confirm(signed_in(buyer), waiting) == (200, "funded")
    assert provider_has(waiting).held == waiting.total_cents


def test_or_refused_by_them_and_tried_again(buyer: User, signed_in: SignedIn, waiting: Order) -> None:
    assert confirm(signed_in(buyer), waiting, succeeds=False) == (200, "created")

    paying.pay(buyer, waiting.pk)
    operations.drive(waiting.pk)

    assert Order.objects.get(pk=waiting.pk).state == "funded"


def test_where_nothing_waits_there_is_nothing_to_confirm(buyer: User, signed_in: SignedIn, paid: Order) -> None:
    assert confirm(signed_in(buyer), paid) == (409, "nothing_to_confirm")


def test_nobody_else_plays_the_buyers_bank(
    seller: User, stranger: User, moderator: User, signed_in: SignedIn, waiting: Order
) -> None:
    for person, status in ((seller, 403), (moderator, 403), (stranger, 404)):
        assert confirm(signed_in(person), waiting)[0] == status
        assert fault(signed_in(person), waiting, "decline") == status

    waiting.refresh_from_db()
    assert waiting.state == "paying"
    assert not SimulatorFault.objects.filter(times_left__gt=0).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"IS_LOCAL": False, "PRACTICE_MODE": False},
        {"PAYMENT_PROVIDER": "stripe"},
        {"PAYMENT_PROVIDER": "stripe", "PRACTICE_MODE": True},
    ],
)
def test_where_money_is_real_none_of_it_is_there(
    buyer: User, signed_in: SignedIn, order: Order, settings: Settings, changes: dict[str, object]
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)

    assert confirm(signed_in(buyer), order) == (404, "not_found")
    assert fault(signed_in(buyer), order, "decline") == 404


def test_a_market_that_practises_has_it_outside_of_local_too(
    buyer: User, signed_in: SignedIn, order: Order, settings: Settings
) -> None:
    settings.IS_LOCAL, settings.PRACTICE_MODE = False, True

    assert fault(signed_in(buyer), order, "decline") == 200


def test_the_last_misbehaviour_that_was_ordered_counts_and_once(buyer: User, signed_in: SignedIn, order: Order) -> None:
    for name in ("slow", "refused", "decline"):
        assert fault(signed_in(buyer), order, name) == 200
    assert fault(signed_in(buyer), order, "nonsense") == 422

    for state in ("created", "funded"):
        paying.pay(buyer, order.pk)
        operations.drive(order.pk)
        assert Order.objects.get(pk=order.pk).state == state
