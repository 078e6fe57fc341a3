"""The audit finds nothing where money went an unusual way and came out right, and finds what is wrong there too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from orders import ledger
from orders.models import Order, SimulatorRecord, SimulatorWebhook
from orders.providers.base import WebhookRef
from orders.services import ending, inbox, operations, paying
from orders.services.auditing import auditing
from orders.tests.money import hurry, misbehave, settled

pytestmark = pytest.mark.django_db


def differing() -> set[str]:
    return {row["name"] for row in auditing.run().table if row["differences"]}


def arrive(order: Order) -> Order:
    for notice in SimulatorWebhook.objects.filter(order_id=str(order.pk)):
        inbox.receive("simulator", WebhookRef(str(notice.pk), notice.kind, notice.operation_id, notice.reference))
    return settled(order)


@pytest.fixture
def owed(buyer: User, make_order: Callable[..., Order], settings: Settings) -> Callable[..., Order]:
    """Sells; with `fault`, in a way that goes wrong after the payout."""
    settings.ORDER_FEE_BPS = 500

    def sell(cents: int, fault: str = "") -> Order:
        order = make_order(price_cents=cents)
        paying.pay(buyer, order.pk)
        operations.drive(order.pk)
        if fault:
            misbehave(order, fault)
        ending.complete(buyer, order.pk)
        return arrive(order)

    return sell


def test_a_debt_from_a_chargeback_and_the_payouts_that_pay_it(owed: Callable[..., Order]) -> None:
    owed(10_000, "chargeback")
    assert differing() == set()

    assert [owed(cents).withheld_cents for cents in (4_000, 9_000, 500)] == [3_800, 6_200, 0]

    assert differing() == set()


def test_a_payout_that_kept_back_what_nobody_owed_is_found(owed: Callable[..., Order]) -> None:
    order = owed(4_000)
    ledger.post("a mistake", order, ledger.clawback(order, 100), ledger.fee(-100))

    assert {"shares", "totals"} & differing()


@pytest.mark.parametrize("fault", ["late_success", "slow"])
def test_a_payment_that_was_given_up_while_it_was_confirmed(buyer: User, order: Order, fault: str) -> None:
    misbehave(order, "action")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    misbehave(order, fault)
    ending.cancel(buyer, order.pk)
    hurry(order)

    assert settled(order).state == "cancelled"
    assert differing() == set()


def test_a_success_after_the_end(buyer: User, order: Order) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    ending.cancel(buyer, order.pk)
    SimulatorRecord.objects.update(state="succeeded", expires_at=timezone.now() + timedelta(days=7))
    assert "provider:simulator" in differing()

    arrive(order)

    assert differing() == set()
