"""The seller says yes."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from orders.lifecycle import State, Step
from orders.models import Order, SellerTerms
from orders.services.moving import SYSTEM, lock_for, move

PAST = frozenset({State.ACCEPTED, State.HANDED_OVER, State.COMPLETED})


@transaction.atomic
def accept(user: User, order_id: UUID) -> Order:
    order, by = lock_for(user, order_id)
    if order.state in PAST and by.user is not None and by.user.pk == order.seller_id:
        return order
    move(order, Step.ACCEPT, by=by)
    return order


def accept_at_once(order: Order) -> None:
    """Where the seller has said that they always do. `order` is locked, and just paid."""
    if SellerTerms.objects.filter(user=order.seller_id, accepts_at_once=True).exists():
        move(order, Step.ACCEPT, by=SYSTEM)
