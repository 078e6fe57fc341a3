"""Wanting something of the provider: a row, committed with the step that wants it. A worker does the asking."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from marketplace.common.wake import WakeUp
from orders import terms
from orders.models import Operation, Order

wake_up = WakeUp("money")
NO_WAIT = timedelta()
FIRST_PATIENCE = timedelta(minutes=1)
MOST_PATIENCE = timedelta(hours=6)


def _patience(*, refused: int) -> timedelta:
    return min(FIRST_PATIENCE * 4 ** (refused - 1), MOST_PATIENCE) if refused else NO_WAIT


def ask(order: Order, kind: Operation.Kind, *, amount_cents: int) -> Operation:
    """The next of its kind. Its key follows from what it is, so no retry can ever make another.

    What a provider has refused is asked for again later, and later each time; a payment at once, for a person waits.
    """
    earlier = list(order.operations.values_list("kind", "state", "provider"))
    seq = sum(other == kind for other, _, _ in earlier) + 1
    refused = sum((other, state) == (kind, Operation.State.FAILED) for other, state, _ in earlier)
    wait = NO_WAIT if kind == Operation.Kind.AUTHORIZE else _patience(refused=refused)
    made = Operation.objects.create(
        order=order,
        kind=kind,
        seq=seq,
        amount_cents=amount_cents,
        currency=order.currency,
        provider=earlier[0][2] if earlier else terms.provider_name(),
        due_at=Now() + wait,
    )
    wake_up.after_commit()
    return made
