"""The thing changes hands: by the seller's word, or proven by a code that the buyer holds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from orders.lifecycle import Party, State, Step
from orders.models import Order
from orders.services.answering_for import require_reason, write_down
from orders.services.errors import NotYourStep
from orders.services.moving import By, lock_for, move

CANNOT_SHIP = "Cannot ship order"
PAST = frozenset({State.HANDED_OVER, State.COMPLETED})
Proof = Order.Proof


@transaction.atomic
def ship(user: User, order_id: UUID, *, tracking_number: str = "", reason: str = "") -> Order:
    """The seller says that it is on its way, or handed over. Whoever ships has accepted."""
    order, by = lock_for(user, order_id)
    if by.party == Party.BUYER:
        raise NotYourStep("Only the seller may ship the order")
    require_reason(by, reason)
    if order.state in PAST:
        return order
    if order.state == State.FUNDED and by.party == Party.SELLER:
        move(order, Step.ACCEPT, by=by)
    proof = Proof.OPERATOR if by.party == Party.OPERATOR else Proof.SELLER_CLAIM
    changes: dict[str, Any] = {"proof": proof, "tracking_number": tracking_number}
    move(order, Step.HAND_OVER, by=by, reason=reason, facts={"proof": proof.value}, detail=CANNOT_SHIP, **changes)
    write_down("hand_over_witnessed", order, by, reason)
    return order


def witness(order: Order, *, by: By, reason: str) -> None:
    """An operator has seen it. `order` is locked."""
    move(order, Step.HAND_OVER, by=by, reason=reason, facts={"proof": Proof.OPERATOR.value}, proof=Proof.OPERATOR)
