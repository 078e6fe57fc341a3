"""Paying: the intent is committed, a worker asks the provider. And securing what is only held so far."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from orders.lifecycle import Party, State, Step
from orders.models import Escrow, Operation, Order
from orders.services import accepting, deadlines, operations
from orders.services.answers import SECURE
from orders.services.asking import ask
from orders.services.errors import NotYourStep, StepRefused
from orders.services.moving import SYSTEM, lock, lock_for, move
from orders.services.settling import Funds

Kind = Operation.Kind
CANNOT_PAY = "Cannot pay order"
CANNOT_CAPTURE = "Cannot capture payment"
IS_PAID = frozenset({State.FUNDED, State.ACCEPTED, State.HANDED_OVER, State.DISPUTED})


@transaction.atomic
def pay(user: User, order_id: UUID) -> Order:
    """Repeated, it answers as the first did, for as long as there is something to answer about."""
    order, by = lock_for(user, order_id)
    if by.party != Party.BUYER:
        raise NotYourStep("Only the buyer may pay")
    if order.state in IS_PAID or order.state in (State.PAYING, State.SETTLING, State.COMPLETED):
        return order
    move(order, Step.PAY, by=by, detail=CANNOT_PAY)
    Escrow.objects.get_or_create(order=order)
    if order.total_cents:
        ask(order, Kind.AUTHORIZE, amount_cents=order.total_cents)
    else:  # a gift: there is nothing to ask anybody for
        move(order, Step.AUTH_OK, by=SYSTEM)
        accepting.accept_at_once(order)
    return order


def capture(user: User, order_id: UUID, *, client_ref: str = "") -> bool:
    """Settles the pending payment and takes the money into escrow, through the very steps a worker runs."""
    order = _ready_to_capture(user, order_id, client_ref)
    operations.drive(order.pk)
    _want_capture(order.pk)
    operations.drive(order.pk)
    return _is_secured(order.pk)


@transaction.atomic
def _ready_to_capture(user: User, order_id: UUID, client_ref: str) -> Order:
    order, by = lock_for(user, order_id)
    if by.party != Party.BUYER:
        raise NotYourStep("Only the buyer may capture the payment")
    if order.state not in IS_PAID and order.state not in (State.PAYING, State.SETTLING, State.COMPLETED):
        raise StepRefused(order, by.party, CANNOT_CAPTURE)
    if client_ref:
        order.operations.filter(kind=Kind.AUTHORIZE, client_ref="").update(client_ref=client_ref[:120])
    return order


@transaction.atomic
def _want_capture(order_id: UUID) -> None:
    secure(lock(order_id))


def _is_secured(order_id: UUID) -> bool:
    order = Order.objects.get(pk=order_id)
    if order.state not in IS_PAID and order.state != State.COMPLETED:
        return False
    return not order.total_cents or Funds.of(order.operations.all()).captured > 0


@deadlines.rings(SECURE)
def secure(order: Order) -> None:
    """From a hold, which runs out, into escrow, which does not. `order` is locked."""
    if order.state not in IS_PAID or order.operations.filter(kind=Kind.CAPTURE, due_at__isnull=False).exists():
        return
    held = Funds.of(order.operations.all()).held
    if held:
        ask(order, Kind.CAPTURE, amount_cents=held)
