"""Workers, notifications and payouts at the same time, in real transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
from django.db import connection, transaction

from accounts.models import User
from orders import ledger
from orders.models import InboxEvent, Order, SimulatorWebhook
from orders.providers.base import WebhookRef
from orders.services import ending, inbox, operations, paying
from orders.tests.money import balance, books_balance, hurry, misbehave, provider_has

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(calls: Sequence[Callable[[], object]]) -> None:
    """All of them, from one barrier; a failure in any is the test's."""
    barrier, failures = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=20)
            call()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not failures, failures


def work() -> None:
    inbox.work_off_due()
    operations.work_off_due()


def test_notifications_and_workers_at_once_have_one_effect(buyer: User, make_order: Callable[..., Order]) -> None:
    orders = [make_order(price_cents=1_000) for _ in range(6)]
    for order in orders:
        misbehave(order, "error_after")
        paying.pay(buyer, order.pk)
    operations.work_off_due()
    for notice in SimulatorWebhook.objects.all():
        for _ in range(3):
            inbox.receive("simulator", WebhookRef(str(notice.pk), notice.kind, notice.operation_id, notice.reference))
    for order in orders:
        hurry(order)

    at_once([work] * 6)

    for order in orders:
        order.refresh_from_db()
        assert order.state == "funded"
        assert order.events.filter(step="auth_ok").count() == 1
        assert balance(f"memo.hold:{order.pk}") == provider_has(order).held == 1_000
    assert InboxEvent.objects.count() == 6
    assert books_balance()


@pytest.fixture
def two_payouts(buyer: User, seller: User, make_order: Callable[..., Order]) -> list[Order]:
    """Of a seller who owes 10,000: each is large enough to pay most of it."""
    lost, *others = (make_order(price_cents=cents) for cents in (10_000, 8_000, 8_000))
    for order in (lost, *others):
        paying.pay(buyer, order.pk)
        operations.drive(order.pk)
    ending.complete(buyer, lost.pk)
    lost.refresh_from_db()
    with transaction.atomic():
        ledger.got_unasked(lost, "test", provider="simulator", loss="chargeback", sellers=10_000)
    return others


def withheld_of(orders: list[Order]) -> int:
    return sum(Order.objects.get(pk=order.pk).withheld_cents for order in orders)


def test_two_payouts_at_once_pay_a_debt_once(buyer: User, seller: User, two_payouts: list[Order]) -> None:
    at_once([lambda order=order: ending.complete(buyer, order.pk) for order in two_payouts])  # type: ignore[misc]

    assert withheld_of(two_payouts) == 10_000
    assert balance(f"clawback:{seller.pk}") == 0
    assert sum(provider_has(order).transferred for order in two_payouts) == 6_000
    assert books_balance()


def test_without_the_lock_they_would_pay_it_twice(
    buyer: User, seller: User, two_payouts: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked = threading.Barrier(2)

    def unlocked(order: Order) -> int:
        owed = -balance(ledger.clawback_code(order))
        both_have_looked.wait(timeout=20)
        return owed

    monkeypatch.setattr(ledger, "owed", unlocked)
    at_once([lambda order=order: ending.complete(buyer, order.pk) for order in two_payouts])  # type: ignore[misc]

    assert withheld_of(two_payouts) == 16_000
