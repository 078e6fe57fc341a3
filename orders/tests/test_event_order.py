"""F13, F14: what providers tell us in whatever order, late, and otherwise than they said before."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from orders.models import InboxEvent, Order, SimulatorRecord, StockHold
from orders.providers.simulator import book
from orders.services import ending, inbox, operations, paying
from orders.tests.money import balance, books_balance, hurry, misbehave, provider_has, settled
from orders.tests.notifications import event, secret, tell, told  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
WAYS = int(os.environ.get("MONEY_WAYS", "30"))  # `faults/histories.py` tries all 120


# ── F13: in whatever order ───────────────────────────────────────────────────────────────────────


def _every_way(raws: list[bytes]) -> list[list[bytes]]:
    """All orders, or so many of them, each with some of them repeated somewhere."""
    dice = random.Random(7)
    orders, ways = list(itertools.permutations(raws)), []
    for way in dice.sample(orders, k=min(WAYS, len(orders))):
        repeated = list(way)
        for again in dice.sample(raws, k=2):
            repeated.insert(dice.randrange(len(repeated) + 1), again)
        ways.append(repeated)
    return ways


def _told_in_every_way(order: Order, raws: list[bytes], state: Callable[[], object]) -> set[object]:
    ends = set()
    for way in _every_way(raws):
        with transaction.atomic():
            for raw in way:
                assert tell(raw) == 200
                inbox.work_off_due()
            hurry(order)
            settled(order)
            ends.add(state())
            assert not InboxEvent.objects.filter(processed_at=None).exists()
            transaction.set_rollback(True)
    return ends


def test_F13_a_payment_that_was_given_up_while_it_was_confirmed(buyer: User, order: Order) -> None:
    misbehave(order, "action")
    paying.pay(buyer, order.pk)
    operations.work_off_due()
    with transaction.atomic():
        _give_up(buyer, order)
    book.confirm(order.operations.get(kind="authorize").key, succeeds=True)
    misbehave(order, "error_after")
    operations.work_off_due()  # the void

    def end() -> object:
        order.refresh_from_db()
        hold = StockHold.objects.get(order=order).state
        return order.state, balance(f"memo.hold:{order.pk}"), provider_has(order).held, hold

    ends = _told_in_every_way(order, [*told(order), _pending_again(order)], end)

    assert ends == {("cancelled", 0, 0, "released")}


def _give_up(buyer: User, order: Order) -> None:
    ending._end(buyer, order.pk, ending._CANCEL, reason="", detail="")


def _pending_again(order: Order) -> bytes:
    payment = order.operations.get(kind="authorize")
    return event(event_id="more", kind="authorize.pending", operation_id=str(payment.pk))


def test_F13_a_sale_that_was_charged_back(buyer: User, paid: Order) -> None:
    misbehave(paid, "chargeback")
    ending.complete(buyer, paid.pk)
    settled(paid)
    raws = told(paid)
    assert [json.loads(raw)["kind"].partition(".")[0] for raw in raws] == [
        *("authorize", "capture", "transfer", "chargeback"),
    ]

    def end() -> object:
        paid.refresh_from_db()
        return paid.state, balance(f"clawback:{paid.seller_id}"), books_balance()

    assert _told_in_every_way(paid, [*raws, _pending_again(paid)], end) == {("completed", -paid.total_cents, True)}


# ── F14: late, and otherwise than was said ───────────────────────────────────────────────────────


def test_F14_a_confirmation_that_crosses_the_void_is_let_go_of(buyer: User, order: Order) -> None:
    misbehave(order, "action")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    misbehave(order, "late_success")
    ending.cancel(buyer, order.pk)
    hurry(order)

    assert settled(order).state == "cancelled"
    assert provider_has(order).held == 0
    assert balance(f"memo.hold:{order.pk}") == 0
    assert books_balance()


def test_F14_a_success_after_the_end_is_let_go_of(buyer: User, order: Order) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    ending.cancel(buyer, order.pk)
    record = SimulatorRecord.objects.get(kind="authorize")
    SimulatorRecord.objects.update(state="succeeded", expires_at=timezone.now() + timedelta(days=7))
    assert provider_has(order).held == order.total_cents
    tell(event(operation_id=str(order.operations.get().pk), reference=str(record.pk)))

    settled(order)

    assert (order.state, provider_has(order).held) == ("cancelled", 0)
    assert "has succeeded" in order.needs_attention
    assert books_balance()
    tell(event(event_id="again", operation_id=record.operation_id, reference=str(record.pk)))
    settled(order)
    assert order.operations.filter(kind="void").count() == 1


def test_F14_a_late_success_beside_another_payment_is_let_go_of_alone(buyer: User, order: Order) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    late = SimulatorRecord.objects.get(kind="authorize")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    ending.cancel(buyer, order.pk)
    in_a_week = timezone.now() + timedelta(days=7)
    SimulatorRecord.objects.filter(pk=late.pk).update(state="succeeded", expires_at=in_a_week)
    tell(event(operation_id=late.operation_id))

    settled(order)

    assert (order.state, order.quarantined_at) == ("refunded", None)
    assert provider_has(order).held == balance(f"memo.hold:{order.pk}") == 0
    assert order.operations.filter(kind="void", state="succeeded").count() == 2
    assert books_balance()


def test_F14_a_success_of_a_payment_that_had_failed_stops_a_living_order(buyer: User, order: Order) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    SimulatorRecord.objects.update(state="succeeded", expires_at=timezone.now() + timedelta(days=7))
    tell(event(operation_id=str(order.operations.get().pk)))

    settled(order)

    assert order.quarantined_at is not None
    assert not order.operations.filter(kind="void").exists()


def test_M20_another_amount_than_asked_for_stops_the_order(buyer: User, order: Order) -> None:
    misbehave(order, "wrong_amount")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    tell(told(order)[0])

    settled(order)

    assert (order.state, order.quarantined_at is None) == ("paying", False)
