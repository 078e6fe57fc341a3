"""A refund turns out otherwise than the provider had said: days later a bank may send the money back."""

from __future__ import annotations

from orders import ledger
from orders.models import Operation, Order
from orders.providers.base import Failed, Succeeded
from orders.services import answers

CAME_BACK = "came back: "


def is_contradicted(refund: Operation, answer: Succeeded | Failed) -> bool:
    """It is dealt with once; how it was dealt with stands in its failure."""
    if refund.kind != Operation.Kind.REFUND or refund.failure.startswith((CAME_BACK, answers.CAME_LATE)):
        return False
    return isinstance(answer, Succeeded) == (refund.state == Operation.State.FAILED)


def contradicted(order: Order, refund: Operation, answer: Succeeded | Failed) -> None:
    """Both are locked. Whatever the buyer is still owed, or has got twice, is somebody's work."""
    if isinstance(answer, Failed):
        source = f"o{order.pk}:came_back:{refund.seq}"
        ledger.came_back(order, source, cents=refund.amount_cents, provider=refund.provider)
        why, mark = f"a refund came back, the buyer is owed {refund.amount_cents}: {answer.code}", CAME_BACK
    else:
        why, mark = f"a refund that had failed has succeeded: {refund.failure}", answers.CAME_LATE
    refund.failure = f"{mark}{answer.code if isinstance(answer, Failed) else refund.failure}"[:120]
    refund.save(update_fields=["failure"])
    answers.call_for_attention(order, why)
    if not order.is_over:
        answers.quarantine(order, why)


def owed(order: Order) -> int:
    return ledger.owed_to_buyer(order)


def pay_otherwise(order: Order) -> int:
    """`order` is locked. Somebody has paid the buyer in another way."""
    cents = owed(order)
    earlier = order.bookings.filter(source__contains=":paid_otherwise:").count()
    ledger.paid_otherwise(order, f"o{order.pk}:paid_otherwise:{earlier + 1}", cents)
    return cents
