"""The ways an order can go, each to where it stands in the demo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from orders.lifecycle import Party, Step
from orders.models import Deadline, Operation, Order, SimulatorFault
from orders.services import accepting, deadlines, ending, handing_over, operating, operations, paying, timeouts
from orders.services.moving import By, lock, move

Fault = SimulatorFault.Fault
STAYS_FOR = timedelta(days=3)  # what would be over within the hour is there to be looked at for some days


@dataclass(frozen=True)
class Deal:
    order: Order
    buyer: User
    seller: User
    operator: User | None
    complaint: str


Road = Callable[[Deal], None]


def created(deal: Deal) -> None:
    _stays(deal)


def payment_failed(deal: Deal) -> None:
    _misbehave(deal, Fault.DECLINE, Operation.Kind.AUTHORIZE)
    funded(deal)
    _stays(deal)


def paying_still(deal: Deal) -> None:
    _misbehave(deal, Fault.ACTION, Operation.Kind.AUTHORIZE)
    funded(deal)
    _stays(deal)


def expired(deal: Deal) -> None:
    _time_is_up(deal)


def cancelled(deal: Deal) -> None:
    ending.cancel(deal.buyer, deal.order.pk)


def funded(deal: Deal) -> None:
    paying.pay(deal.buyer, deal.order.pk)
    operations.drive(deal.order.pk)


def declined(deal: Deal) -> None:
    funded(deal)
    ending.cancel(deal.seller, deal.order.pk)


def accepted(deal: Deal) -> None:
    funded(deal)
    accepting.accept(deal.seller, deal.order.pk)


def handed_over(deal: Deal) -> None:
    accepted(deal)
    paying.capture(deal.buyer, deal.order.pk)
    handing_over.ship(deal.seller, deal.order.pk)


def given_back(deal: Deal) -> None:
    handed_over(deal)
    ending.refund(deal.seller, deal.order.pk)


def completed(deal: Deal) -> None:
    handed_over(deal)
    ending.complete(deal.buyer, deal.order.pk)


def completed_at_once(deal: Deal) -> None:
    """As the campus apps do it: pay, capture, complete."""
    funded(deal)
    paying.capture(deal.buyer, deal.order.pk)
    ending.complete(deal.buyer, deal.order.pk)


def disputed(deal: Deal) -> None:
    handed_over(deal)
    with transaction.atomic():
        order = lock(deal.order.pk)
        move(order, Step.DISPUTE, by=By(Party.BUYER, deal.buyer), reason=deal.complaint)


def split(deal: Deal) -> None:
    """Decided by an operator, where there is one; by the printed rule where not."""
    disputed(deal)
    if deal.operator is None:
        _time_is_up(deal)
    else:
        half = deal.order.total_cents // 2
        operating.resolve(deal.operator, deal.order.pk, release_cents=half, reason="Half of it is missing")
    operations.drive(deal.order.pk)


def payout_refused(deal: Deal) -> None:
    """Decided, and the provider does not want to pay out: it needs attention, and is asked again a minute later."""
    _misbehave(deal, Fault.REFUSED, Operation.Kind.TRANSFER)
    completed_at_once(deal)


def arranged(deal: Deal) -> None:
    _stays(deal)


# Each way once, then by weight
ROADS: dict[Road, int] = {
    completed: 16,
    completed_at_once: 28,
    funded: 5,
    accepted: 5,
    handed_over: 6,
    disputed: 1,
    created: 2,
    cancelled: 14,
    declined: 6,
    expired: 14,
    given_back: 4,
    split: 3,
    payment_failed: 2,
    paying_still: 1,
    payout_refused: 1,
    arranged: 2,
}
AT_THE_DOOR = frozenset({arranged})  # ordered from a courier


def _misbehave(deal: Deal, fault: SimulatorFault.Fault, kind: Operation.Kind) -> None:
    SimulatorFault.objects.create(fault=fault, kind=kind, order_id=str(deal.order.pk))


def _stays(deal: Deal) -> None:
    Deadline.objects.filter(order=deal.order, kind=deadlines.TIMEOUT).update(due_at=Now() + STAYS_FOR)


@transaction.atomic
def _time_is_up(deal: Deal) -> None:
    timeouts.time_is_up(lock(deal.order.pk))
