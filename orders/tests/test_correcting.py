"""M20: the provider moved another amount than it was asked to. An operator books what happened, and the order ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from marketplace.common.errors import InvalidInput
from marketplace.common.models import AuditEntry
from orders.models import Operation, Order, SimulatorFault, SimulatorRecord
from orders.providers.base import Chargeback
from orders.services import charging_back, deadlines, ending, operating, operations, paying
from orders.services.auditing import auditing
from orders.services.auditing.chain import broken_steps_of
from orders.services.correcting import CallOffFirst, CannotBeBooked, NothingDiffers, book_what_happened
from orders.services.errors import NotYourStep
from orders.services.operating import NothingToLookAt
from orders.tests.conftest import PRICE
from orders.tests.money import books_balance, hurry, provider_has, settled
from orders.tests.tampering import tamper

pytestmark = pytest.mark.django_db
WHY = "the provider's statement of 3 May says so"


@pytest.fixture
def nobody_drives(paid: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on `settled` alone works off what is due."""
    monkeypatch.setattr(operations, "drive", lambda order_id: None)


def moves_otherwise(order: Order, kind: str, *, by_cents: int) -> None:
    """The next request of this kind is carried out with another amount, and its answer is lost on the way."""
    SimulatorFault.objects.create(fault="timeout_after", kind=kind, order_id=str(order.pk))
    settled(order)
    record = SimulatorRecord.objects.get(order_id=str(order.pk), kind=kind)
    record.amount_cents += by_cents
    record.save()
    hurry(order)
    settled(order)
    assert order.quarantined_at is not None


def stopped(order: Order) -> Operation:
    operation: Operation = order.operations.get(state=Operation.State.UNKNOWN)
    return operation


def is_sound(order: Order) -> bool:
    assert auditing.run().findings == []
    return books_balance() and not broken_steps_of(order.pk)


@pytest.mark.parametrize("by_cents", [1, -1])
def test_M20_a_hold_of_another_sum_is_let_go(buyer: User, moderator: User, order: Order, by_cents: int) -> None:
    paying.pay(buyer, order.pk)
    moves_otherwise(order, "authorize", by_cents=by_cents)

    operating.lift_quarantine(moderator, order.pk, reason="let us see")
    assert settled(order).quarantined_at is not None, "lifting alone is not enough"
    book_what_happened(moderator, stopped(order).pk, reason=WHY)
    settled(order)

    assert (order.state, order.quarantined_at, order.needs_attention) == ("cancelled", None, "")
    assert (provider_has(order).held, is_sound(order)) == (0, True)


@pytest.mark.usefixtures("nobody_drives")
@pytest.mark.parametrize("wish", [ending.complete, paying.capture])
def test_M20_what_was_taken_too_much_goes_back(
    buyer: User, moderator: User, paid: Order, wish: Callable[..., object]
) -> None:
    wish(buyer, paid.pk)
    moves_otherwise(paid, "capture", by_cents=1)

    book_what_happened(moderator, stopped(paid).pk, reason=WHY)
    settled(paid)
    ending.complete(buyer, paid.pk)
    settled(paid)

    assert (paid.state, paid.release_cents) == ("completed", PRICE)
    there = provider_has(paid)
    assert (there.captured, there.refunded, there.transferred) == (PRICE + 1, 1, PRICE)
    assert is_sound(paid)


@pytest.mark.usefixtures("nobody_drives")
def test_M20_of_what_was_taken_too_little_the_seller_gets_what_there_is(
    buyer: User, moderator: User, paid: Order
) -> None:
    ending.complete(buyer, paid.pk)
    moves_otherwise(paid, "capture", by_cents=-7)

    book_what_happened(moderator, stopped(paid).pk, reason=WHY)
    settled(paid)

    assert (paid.state, paid.release_cents, provider_has(paid).transferred) == ("completed", PRICE - 7, PRICE - 7)
    assert is_sound(paid)


@pytest.mark.usefixtures("nobody_drives")
def test_M20_too_little_for_an_order_that_goes_on_is_called_off_first(
    buyer: User, moderator: User, paid: Order
) -> None:
    paying.capture(buyer, paid.pk)
    moves_otherwise(paid, "capture", by_cents=-7)
    with pytest.raises(CallOffFirst):
        book_what_happened(moderator, stopped(paid).pk, reason=WHY)

    operating.call_off(moderator, paid.pk, reason=WHY)
    book_what_happened(moderator, stopped(paid).pk, reason=WHY)
    settled(paid)

    assert (paid.state, provider_has(paid).refunded) == ("refunded", PRICE - 7)
    assert is_sound(paid)


@pytest.mark.usefixtures("nobody_drives")
@pytest.mark.parametrize(("by_cents", "refunded"), [(-3, PRICE), (3, None)])
def test_M20_a_refund_of_another_sum(
    buyer: User, moderator: User, paid: Order, by_cents: int, refunded: int | None
) -> None:
    paying.capture(buyer, paid.pk)
    settled(paid)
    ending.cancel(buyer, paid.pk)
    moves_otherwise(paid, "refund", by_cents=by_cents)

    if refunded is None:  # more than there was: the books could not say where it came from
        with pytest.raises(CannotBeBooked):
            book_what_happened(moderator, stopped(paid).pk, reason=WHY)
        return
    book_what_happened(moderator, stopped(paid).pk, reason=WHY)
    settled(paid)

    assert (paid.state, provider_has(paid).refunded) == ("refunded", refunded)
    assert is_sound(paid)


def test_M20_it_is_kept_who_booked_it_and_why(buyer: User, moderator: User, order: Order) -> None:
    paying.pay(buyer, order.pk)
    moves_otherwise(order, "authorize", by_cents=1)

    book_what_happened(moderator, stopped(order).pk, reason=WHY)

    step = order.events.get(step="book")
    assert (step.party, step.actor_id, step.reason) == ("operator", moderator.pk, WHY)
    assert (step.facts["asked_cents"], step.facts["done_cents"]) == (PRICE, PRICE + 1)
    entry = AuditEntry.objects.get(action="order.booked_what_happened")
    assert (entry.actor_id, entry.reason, entry.target_id) == (moderator.pk, WHY, str(order.pk))


def test_M20_only_what_differs_by_an_operator_who_says_why(
    buyer: User, seller: User, moderator: User, order: Order
) -> None:
    paying.pay(buyer, order.pk)
    moves_otherwise(order, "authorize", by_cents=1)
    key = stopped(order).pk
    for actor, reason, refusal in ((moderator, " ", InvalidInput), (seller, WHY, NotYourStep)):
        with pytest.raises(refusal):
            book_what_happened(actor, key, reason=reason)

    SimulatorRecord.objects.update(amount_cents=PRICE)
    with pytest.raises(NothingDiffers):
        book_what_happened(moderator, key, reason=WHY)
    operating.lift_quarantine(moderator, order.pk, reason=WHY)
    assert settled(order).state == "funded"
    with pytest.raises(NothingToLookAt):
        book_what_happened(moderator, key, reason=WHY)


@pytest.mark.usefixtures("nobody_drives")
def test_M20_its_deadlines_are_put_off_by_the_time_it_stood_still(buyer: User, moderator: User, paid: Order) -> None:
    paying.capture(buyer, paid.pk)
    moves_otherwise(paid, "capture", by_cents=1)
    tamper("UPDATE orders_orderevent SET at = at - interval '40 hours'")
    Order.objects.filter(pk=paid.pk).update(quarantined_at=Now() - timedelta(hours=30))
    paid.deadlines.filter(kind=deadlines.TIMEOUT).update(due_at=Now() - timedelta(hours=20))

    book_what_happened(moderator, stopped(paid).pk, reason=WHY)

    due = paid.deadlines.get(kind=deadlines.TIMEOUT).due_at
    assert round((due - timezone.now()).total_seconds() / 3600, 1) == 10


def test_M20_what_the_bank_took_as_well_keeps_the_order_stopped(buyer: User, moderator: User, order: Order) -> None:
    paying.pay(buyer, order.pk)
    moves_otherwise(order, "authorize", by_cents=1)
    payment = order.operations.get()
    charging_back.charge_back(order, payment, Chargeback("cb", PRICE, order.currency))

    book_what_happened(moderator, payment.pk, reason=WHY)

    order.refresh_from_db()
    assert (order.quarantined_at is None, "charged back" in order.needs_attention) == (False, True)
