"""Ends that somebody wants: the buyer has it, somebody calls it off, the seller gives the money back.

The wish is committed first; then what the provider must do for it is driven here for a moment, and by a worker after
that. So a phone that asks and then reads usually finds it done, and never finds it half done.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from orders.lifecycle import Party, State, Step
from orders.models import Order
from orders.services import operations, settling
from orders.services.answering_for import require_reason, write_down
from orders.services.errors import NotYourStep, StepRefused
from orders.services.moving import By, lock_for, move

CANNOT_COMPLETE = "Cannot complete order"
CANNOT_CANCEL = "Cannot cancel order"
CANNOT_REFUND = "Cannot refund order"

# Calling it off, by where the order stands and who does it
_CANCEL: dict[str, dict[Party, Step]] = {
    State.CREATED: dict.fromkeys(Party, Step.CANCEL_UNPAID),
    State.ARRANGED: dict.fromkeys((Party.BUYER, Party.SELLER, Party.OPERATOR), Step.CANCEL_UNPAID),
    State.PAYING: dict.fromkeys(Party, Step.ABANDON_PAYING),
    State.FUNDED: {Party.BUYER: Step.BUYER_CANCEL, Party.SELLER: Step.DECLINE, Party.OPERATOR: Step.BUYER_CANCEL},
    State.ACCEPTED: {Party.SELLER: Step.DECLINE, Party.OPERATOR: Step.DECLINE},
}
_REFUND: dict[str, dict[Party, Step]] = {
    State.FUNDED: dict.fromkeys((Party.SELLER, Party.OPERATOR), Step.DECLINE),
    State.ACCEPTED: dict.fromkeys((Party.SELLER, Party.OPERATOR), Step.DECLINE),
    State.HANDED_OVER: dict.fromkeys((Party.SELLER, Party.OPERATOR), Step.SELLER_REFUND),
    State.DISPUTED: {Party.SELLER: Step.D_SELLER_REFUND},
}


def complete(user: User, order_id: UUID) -> Order:
    """The buyer has it, and is content."""
    _confirm(user, order_id)
    return _driven(order_id)


@transaction.atomic
def _confirm(user: User, order_id: UUID) -> None:
    order, by = lock_for(user, order_id)
    if by.party != Party.BUYER:
        raise NotYourStep("Only the buyer may complete the order")
    if order.state == State.COMPLETED or (order.state == State.SETTLING and order.is_sale):
        return
    step = Step.D_BUYER_RELEASE if order.state == State.DISPUTED else Step.CONFIRM
    move(order, step, by=by, detail=CANNOT_COMPLETE)
    settling.advance(order)


def cancel(user: User, order_id: UUID, *, reason: str = "") -> Order:
    _end(user, order_id, _CANCEL, reason=reason, detail=CANNOT_CANCEL)
    return _driven(order_id)


def refund(user: User, order_id: UUID, *, reason: str = "") -> Order:
    """By the seller, or by staff, while there is something to give back."""
    _end(user, order_id, _REFUND, reason=reason, detail=CANNOT_REFUND, but_not=Party.BUYER)
    return _driven(order_id)


@transaction.atomic
def _end(
    user: User,
    order_id: UUID,
    steps: dict[str, dict[Party, Step]],
    *,
    reason: str,
    detail: str,
    but_not: Party | None = None,
) -> None:
    order, by = lock_for(user, order_id)
    if by.party == but_not:
        raise NotYourStep("Only the seller may refund the order")
    require_reason(by, reason)
    if (order.is_over and not order.is_sale) or (order.state == State.SETTLING and not order.is_sale):
        return  # called off already
    step = steps.get(order.state, {}).get(by.party)
    if step is None:
        raise StepRefused(order, by.party, detail)
    call_off(order, step, by=by, reason=reason, detail=detail)
    write_down("called_off", order, by, reason, step=step.value)


def call_off(order: Order, step: Step, *, by: By, reason: str = "", detail: str | None = None) -> None:
    """`order` is locked. Without a payment its pieces are free at once, else when the provider has let go."""
    move(order, step, by=by, reason=reason, detail=detail)
    if order.state == State.SETTLING:
        settling.advance(order)
    else:
        settling.free_stock(order)


def _driven(order_id: UUID) -> Order:
    operations.drive(order_id)
    order: Order = Order.objects.get(pk=order_id)
    return order
