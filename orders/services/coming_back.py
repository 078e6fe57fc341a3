"""A refund turns out otherwise than the provider had said: a bank sends it back, or takes it after all.

One that succeeds late takes the place of the one that would be asked for next; where the buyer has their money already,
they have it twice, and we bear it. One that comes back is owed to them, unless they have got as much in another way.
Both may happen to the same refund, in turn.
"""

from __future__ import annotations

from django.utils import timezone

from orders import ledger
from orders.models import Operation, Order
from orders.providers.base import Failed, Succeeded
from orders.services import answers, settling, unasked

CAME_BACK = "came back: "
LATE = (Operation.CAME_LATE, Operation.BORNE)
State = Operation.State


def is_contradicted(refund: Operation, answer: Succeeded | Failed) -> bool:
    """Does the provider say now what our books do not?"""
    if refund.kind != Operation.Kind.REFUND or refund.provider_ref.startswith(Operation.OUTSIDE):
        return False
    if refund.state == State.SUCCEEDED:
        is_given = not refund.failure.startswith(CAME_BACK)
    else:
        is_given = refund.failure.startswith(LATE)
    return isinstance(answer, Succeeded) != is_given


def contradicted(order: Order, refund: Operation, answer: Succeeded | Failed) -> None:
    """Both are locked. Whatever the buyer is still owed, or has got twice, is somebody's work."""
    if isinstance(answer, Failed):
        _is_not_given(order, refund, answer)
    elif answer.currency != refund.currency:  # there is no booking that
        answers.quarantine(order, f"a refund that had failed has succeeded: {refund.failure}, in {answer.currency}")
    elif refund.state == State.SUCCEEDED:
        _has_succeeded_again(order, refund, answer)
    else:
        _has_succeeded_late(order, refund, answer)


def _has_succeeded_late(order: Order, refund: Operation, answer: Succeeded) -> None:
    answers.call_for_attention(order, f"a refund that had failed has succeeded: {refund.failure}")
    refund.provider_ref, refund.amount_cents, refund.done_at = answer.reference, answer.amount_cents, timezone.now()
    _note(refund, f"{Operation.CAME_LATE}{refund.failure}")
    if owed(order) or not settling.is_refund_needed(order):
        settling.bear_what_came_late(order)
    settling.advance(order)


def _has_succeeded_again(order: Order, refund: Operation, answer: Succeeded) -> None:
    answers.call_for_attention(order, f"a refund that had come back has succeeded: {refund.failure}")
    source = ledger.fresh(order, f"o{order.pk}:{ledger.TWICE}:{refund.seq}")
    cents, provider = answer.amount_cents, refund.provider
    unasked.book(order, source, cents=cents, provider=provider, does_seller_owe=False, loss=ledger.TWICE)
    _note(refund, "")


def _is_not_given(order: Order, refund: Operation, answer: Failed) -> None:
    cents = ledger.given_by(order, refund)
    if cents:
        source = ledger.fresh(order, f"o{order.pk}:came_back:{refund.seq}")
        ledger.came_back(order, source, cents=cents, provider=refund.provider)
    _note(refund, f"{CAME_BACK}{answer.code}" if refund.state == State.SUCCEEDED else answer.code)
    if owed(order):
        settling.bear_what_came_late(order)
        ledger.net_against_owed(order, ledger.fresh(order, f"o{order.pk}:netted"))
    left = owed(order)
    stands = f"is owed {left}" if left else "has it otherwise"
    overpaid = ledger.overpaid_by_seller(order)
    sellers = f", the seller has paid {overpaid} for it that they do not owe" if overpaid else ""
    why = f"a refund came back, the buyer {stands}{sellers}: {answer.code}"
    answers.call_for_attention(order, why if cents else f"a refund has failed again: {answer.code}")
    if left and not order.is_over:
        answers.quarantine(order, why)
    settling.advance(order)


def _note(refund: Operation, failure: str) -> None:
    refund.failure = failure[:120]
    refund.save(update_fields=["failure", "provider_ref", "amount_cents", "done_at"])


def owed(order: Order) -> int:
    return ledger.owed_to_buyer(order)


def pay_otherwise(order: Order) -> int:
    """`order` is locked. Somebody has paid the buyer in another way."""
    cents = owed(order)
    earlier = order.bookings.filter(source__contains=":paid_otherwise:").count()
    ledger.paid_otherwise(order, f"o{order.pk}:paid_otherwise:{earlier + 1}", cents)
    return cents
