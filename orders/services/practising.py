"""Practice with the simulated provider: buyers play their own bank, and see what becomes of it when it misbehaves."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from marketplace.common.errors import Conflict, NotFound
from orders import terms
from orders.lifecycle import Party
from orders.models import Operation, Order
from orders.providers.simulator import faults
from orders.providers.simulator.provider import Simulator
from orders.services import operations
from orders.services.errors import NotYourStep
from orders.services.moving import lock_for


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"
    detail = "No payment of this order waits for you"


def require_practice() -> None:
    """Where real money moves, none of this is there."""
    is_open = settings.IS_LOCAL or settings.PRACTICE_MODE
    if not is_open or terms.provider_name() != Simulator.name:
        raise NotFound


def confirm(user: User, order_id: UUID, *, succeeds: bool) -> Order:
    payment = _waiting_payment(user, order_id)
    if not Simulator().confirm(payment.key, succeeds=succeeds):
        raise NothingToConfirm
    _look_at_once(payment)
    operations.drive(order_id)
    return Order.objects.get(pk=order_id)


@transaction.atomic
def misbehave(user: User, order_id: UUID, *, fault: str) -> Order:
    """From now on, and once."""
    order = _own(user, order_id)
    faults.order(fault, order_id=str(order.pk))
    return order


@transaction.atomic
def _waiting_payment(user: User, order_id: UUID) -> Operation:
    order = _own(user, order_id)
    payments = order.operations.filter(kind=Operation.Kind.AUTHORIZE, provider=Simulator.name)
    found = next((each for each in payments if each.waits_for_buyer), None)
    if found is None:
        raise NothingToConfirm
    return found


def _own(user: User, order_id: UUID) -> Order:
    order, by = lock_for(user, order_id)
    if by.party != Party.BUYER:
        raise NotYourStep("Only the buyer may practise with their payment")
    return order


def _look_at_once(payment: Operation) -> None:
    """A worker that looks at the same moment finds its claim gone, and whoever claims next fetches again."""
    Operation.objects.filter(pk=payment.pk, due_at__isnull=False).update(due_at=Now())
