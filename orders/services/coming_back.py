"""A refund turns out otherwise than the provider had said: a bank sends it back, or takes it after all.

One that succeeds late takes the place of the one that would be asked for next; where the buyer has their money already,
they have it twice, and we bear it.
"""

from __future__ import annotations

from django.utils import timezone

from orders import ledger
from orders.models import Operation, Order
from orders.providers.base import Failed, Succeeded
from orders.services import answers, settling

CAME_BACK = "came back: "
LATE = (Operation.CAME_LATE, Operation.BORNE)


def is_contradicted(refund: Operation, answer: Succeeded | Failed) -> bool:
    """It is dealt with once; how it was dealt with stands in its failure."""
    if refund.kind != Operation.Kind.REFUND or refund.failure.startswith(CAME_BACK):
        return False
    is_given = refund.state == Operation.State.SUCCEEDED or refund.failure.startswith(LATE)
    return isinstance(answer, Succeeded) != is_given


def contradicted(order: Order, refund: Operation, answer: Succeeded | Failed) -> None:
    """Both are locked. Whatever the buyer is still owed, or has got twice, is somebody's work."""
    if isinstance(answer, Succeeded):
        _has_succeeded(order, refund, answer)
    elif refund.state == Operation.State.SUCCEEDED:
        _has_come_back(order, refund, answer)
    else:
        _has_failed_again(order, refund, answer)


def _has_succeeded(order: Order, refund: Operation, answer: Succeeded) -> None:
    why = f"a refund that had failed has succeeded: {refund.failure}"
    if answer.currency != refund.currency:  # there is no booking that
        answers.quarantine(order, f"{why}, in {answer.currency}")
        return
    answers.call_for_attention(order, why)
    refund.provider_ref, refund.amount_cents, refund.done_at = answer.reference, answer.amount_cents, timezone.now()
    _note(refund, f"{Operation.CAME_LATE}{refund.failure}")
    if order.is_over or owed(order):
        settling.bear_what_came_late(order)
    else:
        settling.advance(order)


def _has_come_back(order: Order, refund: Operation, answer: Failed) -> None:
    source = f"o{order.pk}:came_back:{refund.seq}"
    ledger.came_back(order, source, cents=refund.amount_cents, provider=refund.provider)
    ledger.undo(order, settling.beside_another(order, refund))
    _note(refund, f"{CAME_BACK}{answer.code}")
    why = f"a refund came back, the buyer is owed {refund.amount_cents}: {answer.code}"
    answers.call_for_attention(order, why)
    if not order.is_over:
        answers.quarantine(order, why)


def _has_failed_again(order: Order, refund: Operation, answer: Failed) -> None:
    """It had succeeded late, beside another or in the place of one that is asked for now."""
    ledger.undo(order, settling.beside_another(order, refund))
    answers.call_for_attention(order, f"a refund that had succeeded late has failed again: {answer.code}")
    _note(refund, answer.code)
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
