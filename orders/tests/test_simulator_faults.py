"""M2, M9, M10: every way in which the simulated provider misbehaves, and that money and pieces come out right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from orders.models import Deadline, Order, SimulatorFault, SimulatorRecord, SimulatorWebhook
from orders.providers.base import Request
from orders.providers.simulator import book, clock, desk, faults, notices
from orders.services import ending, operations, paying
from orders.tests.money import balance, books_balance, hurry, misbehave, provider_has, settled

pytestmark = pytest.mark.django_db
Fault = faults.Fault


@pytest.fixture(autouse=True)
def no_time_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "SLOW_SECONDS", 0.01)


def work(order: Order, *, rounds: int = 4) -> Order:
    for _ in range(rounds):
        hurry(order)
        settled(order)
    return order


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.ERROR_AFTER, Fault.SLOW])
def test_M2_a_sale_is_paid_once_whatever_was_lost_on_the_way(buyer: User, order: Order, fault: Fault) -> None:
    for kind in ("authorize", "capture", "transfer"):
        SimulatorFault.objects.create(fault=fault, kind=kind, order_id=str(order.pk))

    paying.pay(buyer, order.pk)
    work(order)
    ending.complete(buyer, order.pk)
    work(order)

    total = order.total_cents
    assert (order.state, provider_has(order)) == ("completed", book.Sums(0, total, 0, total))
    assert set(SimulatorRecord.objects.values_list("kind", flat=True)) == {"authorize", "capture", "transfer"}
    assert books_balance()


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.ERROR_AFTER, Fault.REFUSED])
def test_M2_a_refund_arrives_once(buyer: User, seller: User, paid: Order, fault: Fault) -> None:
    paying.capture(buyer, paid.pk)
    SimulatorFault.objects.create(fault=fault, kind="refund", order_id=str(paid.pk))

    ending.refund(seller, paid.pk)
    work(paid)

    total = paid.total_cents
    assert (paid.state, provider_has(paid)) == ("refunded", book.Sums(0, total, total, 0))
    assert books_balance()


def test_a_declined_payment_keeps_the_piece_and_can_be_made_again(buyer: User, order: Order) -> None:
    misbehave(order, Fault.DECLINE)
    paying.pay(buyer, order.pk)
    assert settled(order).state == "created"

    paying.pay(buyer, order.pk)

    assert settled(order).state == "funded"


def test_a_hold_that_has_lapsed_by_the_providers_clock_pays_nobody(buyer: User, paid: Order) -> None:
    clock.wind(timedelta(days=8))

    ending.complete(buyer, paid.pk)
    work(paid)

    assert (paid.state, provider_has(paid).captured) == ("refunded", 0)
    assert "hold was gone" in paid.needs_attention
    assert books_balance()


def test_a_hold_is_secured_before_it_lapses(paid: Order) -> None:
    due = Deadline.objects.get(order=paid, kind="secure").due_at

    assert timedelta(days=5) < due - paid.created_at < timedelta(days=7)


def test_a_partial_refund_that_is_refused_is_tried_again(order: Order) -> None:
    misbehave(order, Fault.PARTIAL_REFUSED)
    request = Request("k1", "o", str(order.pk), "authorize", 100, "COP", "b", "s")
    book.perform(request)
    book.perform(replace(request, key="k2", kind="capture"))
    part = replace(request, key="k3", kind="refund", amount_cents=40)

    refused = desk.answer("POST", "operations", vars(part))
    again = desk.answer("POST", "operations", vars(replace(part, key="k4")))

    assert (refused[1]["state"], refused[1]["code"]) == ("failed", "partial_refund_refused")
    assert again[1]["state"] == "succeeded"


# ── Notifications ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What went out, in order; whoever it went to has taken it."""
    went: list[bytes] = []

    def take(raw: bytes) -> bool:
        went.append(raw)
        return True

    monkeypatch.setattr(notices, "_is_taken", take)
    return went


def test_one_notification_three_times(buyer: User, order: Order, sent: list[bytes]) -> None:
    misbehave(order, Fault.WEBHOOK_THRICE)
    paying.pay(buyer, order.pk)
    settled(order)

    notices.send_due()

    assert len(sent) == 3
    assert len(set(sent)) == 1


def test_one_before_the_reply(buyer: User, order: Order, sent: list[bytes]) -> None:
    misbehave(order, Fault.WEBHOOK_FIRST)
    paying.pay(buyer, order.pk)
    assert order.operations.get().state == "ready"

    settled(order)

    assert len(sent) == 1


def test_those_of_an_order_in_reverse(buyer: User, order: Order, sent: list[bytes]) -> None:
    misbehave(order, Fault.WEBHOOK_REVERSED)
    paying.pay(buyer, order.pk)
    settled(order)
    ending.complete(buyer, order.pk)

    notices.send_due()

    told = [notices.payload(each) for each in SimulatorWebhook.objects.order_by("pk")]
    assert len(told) == 3
    assert sent == told[::-1]


def test_one_that_nobody_takes_is_sent_again_and_given_up_in_the_end(
    buyer: User, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_is_taken", lambda raw: False)

    for _ in range(notices.MOST_ATTEMPTS):
        assert notices.send_due() == 1
        assert notices.send_due() == 0
        SimulatorWebhook.objects.filter(due_at__isnull=False).update(due_at=paid.created_at)

    assert notices.send_due() == 0


# ── By amount ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("cents", "state"), [(1, "created"), (2, "paying"), (4, "paying"), (50, "funded")])
def test_the_cents_of_an_amount_choose_what_goes_wrong(
    buyer: User, make_order: Callable[..., Order], settings: Settings, cents: int, state: str
) -> None:
    settings.SIMULATOR_FAULTS = True
    order = make_order(price_cents=10_000 + cents)

    paying.pay(buyer, order.pk)
    operations.work_off_due()

    assert Order.objects.get(pk=order.pk).state == state


def test_an_amount_does_nothing_of_the_kind_unless_it_is_asked_to(
    buyer: User, make_order: Callable[..., Order]
) -> None:
    order = make_order(price_cents=10_001)

    paying.pay(buyer, order.pk)

    assert settled(order).state == "funded"


def test_every_misbehaviour_can_be_chosen_by_amount_and_does_no_harm(
    buyer: User, make_order: Callable[..., Order], settings: Settings
) -> None:
    settings.SIMULATOR_FAULTS = True
    assert set(faults.BY_CENTS.values()) == set(Fault)

    for cents, fault in faults.BY_CENTS.items():
        order = make_order(price_cents=10_000 + cents)
        paying.pay(buyer, order.pk)
        work(order)
        if order.state == "funded":
            ending.complete(buyer, order.pk)
        work(order)
        held = balance(f"memo.hold:{order.pk}") + balance(f"escrow:{order.pk}")
        assert order.state in ("completed", "refunded", "created", "paying"), fault
        assert held == 0, fault
    assert books_balance()
