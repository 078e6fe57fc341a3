"""The buyer got money unasked, as much as had been settled by hand, and it was not the same: they have it twice.

Nobody here can know that, so what comes unasked counts as what was settled by hand until an operator has looked.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from marketplace.common import audit
from marketplace.common.errors import Conflict
from orders import ledger
from orders.models import Operation, Order
from orders.services import unasked
from orders.services.operating import lock_as_operator


class NotTwice(Conflict):
    code = "not_twice"
    detail = "Nothing that this buyer got was taken for what was settled by hand"


def may_have_had_twice(order: Order) -> bool:
    return bool(ledger.taken_for_by_hand(order))


@transaction.atomic
def book_as_had_twice(actor: User, order_id: UUID, *, reason: str) -> Order:
    """What the bank took the seller owes, up to what this order paid them; the rest is our loss."""
    order, _ = lock_as_operator(actor, order_id, reason)
    if not may_have_had_twice(order):
        raise NotTwice
    captured = order.operations.filter(kind=Operation.Kind.CAPTURE).latest("created_at")
    cents = unasked.book_as_had_twice(order, provider=captured.provider)
    audit.record("order.booked_as_had_twice", order, actor=actor, reason=reason, data={"cents": cents})
    return order
