"""What the clock does when nobody acts, in every state; and that it does nothing once somebody has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts.models import User
from listings.models import Listing
from orders import ledger
from orders.lifecycle import Party
from orders.models import Deadline, Operation, Order, SimulatorFault, SimulatorRecord
from orders.providers.simulator import book
from orders.services import accepting, deadlines, handing_over, operations, paying
from orders.services.disputes import opening

pytestmark = pytest.mark.django_db


def let_time_pass(order: Order) -> Order:
    """Until the deadline, and for as long as the money takes after it."""
    Deadline.objects.filter(order=order, kind=deadlines.TIMEOUT).update(due_at=Now())
    deadlines.ring_due()
    operations.drive(order.pk)
    order.refresh_from_db()
    return order


def is_free(order: Order) -> bool:
    return Listing.objects.get(pk=order.listing_id).available == order.quantity


def test_unpaid_expires_and_the_pieces_are_free(order: Order) -> None:
    let_time_pass(order)

    assert (order.state, order.status, is_free(order)) == ("expired", "cancelled", True)
    assert not Deadline.objects.exists()


def test_a_payment_without_an_answer_is_given_up_but_only_after_the_provider_has_let_go(
    buyer: User, order: Order
) -> None:
    SimulatorFault.objects.create(fault="timeout_after", kind="authorize")
    paying.pay(buyer, order.pk)
    operations.queue.claim_one_of("order_id", order.pk)  # a worker has it, and dies
    Deadline.objects.filter(order=order).update(due_at=Now())
    deadlines.ring_due()
    order.refresh_from_db()
    assert (order.state, is_free(order)) == ("settling", False)

    Operation.objects.filter(order=order).update(due_at=Now())  # its lease has run out
    operations.drive(order.pk)

    order.refresh_from_db()
    assert (order.state, is_free(order)) == ("expired", True)
    assert book.sums_of(str(order.pk)).held == 0


def test_a_payment_that_nobody_was_told_of_is_withdrawn_and_never_made(buyer: User, order: Order) -> None:
    paying.pay(buyer, order.pk)

    let_time_pass(order)

    assert (order.state, Operation.objects.get().failure) == ("expired", "withdrawn")
    assert not SimulatorRecord.objects.exists()


def test_a_payment_that_waits_for_the_buyer_is_voided_and_cannot_be_confirmed_after(buyer: User, order: Order) -> None:
    SimulatorFault.objects.create(fault="action", kind="authorize")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    order.refresh_from_db()
    assert order.state == "paying"

    let_time_pass(order)
    book.confirm(Operation.objects.get(kind="authorize").key, succeeds=True)

    assert (order.state, is_free(order)) == ("expired", True)
    assert book.sums_of(str(order.pk)).held == 0


def test_not_accepted_in_time_goes_back(paid: Order) -> None:
    let_time_pass(paid)

    assert (paid.state, paid.status, paid.escrow_status, is_free(paid)) == ("refunded", "cancelled", "refunded", True)
    assert book.sums_of(str(paid.pk)).held == 0


def test_not_handed_over_in_time_goes_back_also_when_it_was_captured(buyer: User, seller: User, paid: Order) -> None:
    paying.capture(buyer, paid.pk)
    accepting.accept(seller, paid.pk)

    let_time_pass(paid)

    sums = book.sums_of(str(paid.pk))
    assert (paid.state, is_free(paid)) == ("refunded", True)
    assert (sums.captured, sums.refunded, sums.transferred) == (paid.total_cents, paid.total_cents, 0)
    assert ledger.in_escrow(paid.pk) == 0


def test_not_inspected_in_time_pays_the_seller(seller: User, paid: Order) -> None:
    handing_over.ship(seller, paid.pk)

    let_time_pass(paid)

    assert (paid.state, paid.status) == ("completed", "completed")
    assert book.sums_of(str(paid.pk)).transferred == paid.total_cents


@pytest.mark.parametrize(
    ("hand_over", "opened_by", "ends"),
    [
        (None, "buyer", "refunded"),
        (None, "seller", "refunded"),
        ("claim", "buyer", "refunded"),
        ("claim", "seller", "completed"),
        ("code", "buyer", "completed"),
    ],
)
def test_a_dispute_that_nobody_decides_follows_the_printed_rule(
    buyer: User, seller: User, paid: Order, hand_over: str | None, opened_by: str, ends: str
) -> None:
    if hand_over is not None:
        handing_over.ship(seller, paid.pk)
    if hand_over == "code":
        Order.objects.filter(pk=paid.pk).update(proof=Order.Proof.BUYER_CODE)
    opening.open_dispute(buyer if opened_by == "buyer" else seller, paid.pk, raised_by=Party(opened_by))

    assert let_time_pass(paid).state == ends


def test_a_deadline_of_a_state_that_is_left_rings_for_nobody(seller: User, paid: Order) -> None:
    old = Deadline.objects.get(order=paid, kind=deadlines.TIMEOUT)
    accepting.accept(seller, paid.pk)
    Deadline.objects.filter(order=paid, kind=deadlines.TIMEOUT).update(due_at=Now(), order_version=old.order_version)

    deadlines.ring_due()

    paid.refresh_from_db()
    assert paid.state == "accepted"


def test_one_deadline_that_fails_waits_and_holds_up_nobody(
    make_order: Callable[..., Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, healthy = make_order(), make_order()
    Deadline.objects.update(due_at=Now())
    usual = deadlines._rings[deadlines.TIMEOUT]

    def ring(order: Order) -> None:
        if order.pk == poison.pk:
            raise RuntimeError("no")
        usual(order)

    monkeypatch.setitem(deadlines._rings, deadlines.TIMEOUT, ring)
    deadlines.ring_due()

    states = dict(Order.objects.values_list("pk", "state"))
    assert (states[poison.pk], states[healthy.pk]) == ("created", "expired")
    assert Deadline.objects.get().attempts == 1


def test_what_is_held_is_secured_before_the_hold_runs_out(seller: User, paid: Order) -> None:
    accepting.accept(seller, paid.pk)
    Deadline.objects.filter(order=paid, kind="secure").update(due_at=Now())

    deadlines.ring_due()
    operations.drive(paid.pk)

    sums = book.sums_of(str(paid.pk))
    assert (sums.held, sums.captured) == (0, paid.total_cents)
    assert ledger.in_escrow(paid.pk) == paid.total_cents
    assert Order.objects.get(pk=paid.pk).state == "accepted"


def test_a_hold_that_ran_out_ends_the_order_and_calls_for_attention(buyer: User, seller: User, paid: Order) -> None:
    handing_over.ship(seller, paid.pk)
    SimulatorFault.objects.create(fault="lapsed", kind="capture")

    captured = paying.capture(buyer, paid.pk)

    paid.refresh_from_db()
    assert (captured, paid.state, is_free(paid)) == (False, "refunded", True)
    assert "hold was gone" in paid.needs_attention


def test_a_gift_needs_no_provider(buyer: User, seller: User, make_order: Any) -> None:
    order = make_order(price_cents=0)
    paying.pay(buyer, order.pk)
    handing_over.ship(seller, order.pk)

    let_time_pass(order)

    assert (order.state, order.is_sale, Operation.objects.count()) == ("completed", True, 0)
    assert Listing.objects.get(pk=order.listing_id).state == "sold"
