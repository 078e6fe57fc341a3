"""What happens to an order by itself when nobody acts. Due rows are found by sweeps, never by a message's timer."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Least, Now
from django.utils import timezone

from orders import terms
from orders.lifecycle import NOTES, TIMEOUTS, State
from orders.models import Deadline, Order

log = structlog.get_logger(__name__)

TIMEOUT = "timeout"
REMINDER = "reminder"  # at half time, for whoever loses a right when it is over
ANY_VERSION = 0
AGAIN_AFTER = timedelta(minutes=1)
MOST_ATTEMPTS = 32_767  # a counter that runs over would keep everything else from ringing
LOOK_AGAIN_AFTER = timedelta(hours=1)  # at what is quarantined

Ring = Callable[[Order], None]
_rings: dict[str, Ring] = {}


def rings(kind: str) -> Callable[[Ring], Ring]:
    """Register what a deadline of this kind does. It gets the order, locked, inside the transaction."""

    def register(ring: Ring) -> Ring:
        _rings[kind] = ring
        return ring

    return register


def set_for(order: Order) -> None:
    """Those of the state before are gone, those of this one stand: in the transaction of the move."""
    old = Deadline.objects.filter(order=order)
    (old if order.is_over else old.filter(order_version__gt=ANY_VERSION)).delete()
    if order.state not in TIMEOUTS:
        return
    life = terms.time_in(order.state, scanned=order.proof == Order.Proof.BUYER_CODE)
    assert life is not None
    # An order whose payment failed keeps the half hour it was given when it was made
    due_at = order.created_at + life if order.state == State.CREATED else Now() + life
    add(order, TIMEOUT, due_at=due_at)
    if order.state == State.HANDED_OVER:
        add(order, REMINDER, due_at=Now() + life / 2)


def add(order: Order, kind: str, *, due_at: Any, whatever_happens: bool = False) -> None:
    """Good for the order as it stands; `whatever_happens` to it meanwhile: until it is over."""
    version = ANY_VERSION if whatever_happens else order.version
    Deadline.objects.update_or_create(
        order=order, kind=kind, defaults={"order_version": version, "due_at": due_at, "attempts": 0}
    )


def carry_over(order: Order) -> None:
    """More is known of an order that stays where it is: its deadlines stay too, and none gets later by it."""
    standing = Deadline.objects.filter(order=order, order_version__gt=ANY_VERSION)
    standing.update(order_version=order.version)
    life = terms.time_in(order.state, scanned=order.proof == Order.Proof.BUYER_CODE)
    if life is not None:
        standing.filter(kind=TIMEOUT).update(due_at=Least(F("due_at"), Now() + life))


def put_off(order: Order) -> None:
    """`order` is locked, and goes on: for as long as it was stopped nobody could act, so nobody loses that time."""
    if order.quarantined_at is None:
        return
    entered_at = order.events.exclude(step__in=NOTES).latest("version").at
    lost = timezone.now() - max(order.quarantined_at, entered_at)
    standing = Deadline.objects.filter(order=order, order_version__gt=ANY_VERSION)
    standing.update(due_at=F("due_at") + lost)


def is_anything_due() -> bool:
    may_ring = Q(order__quarantined_at__isnull=True) | Q(order_version=ANY_VERSION)
    return Deadline.objects.filter(may_ring, due_at__lte=Now()).exists()


def ring_due(*, limit: int = 10_000, for_seconds: float = 20.0) -> int:
    """How many rang. Each in a transaction of its own; one that fails waits a minute and holds up nobody."""
    until, rung = time.monotonic() + for_seconds, 0
    while rung < limit and time.monotonic() < until:
        order_id = _next_due()
        if order_id is None:
            break
        _ring_for(order_id)
        rung += 1
    return rung


@transaction.atomic
def _next_due() -> UUID | None:
    """Of an order that nobody has in hand just now, so that two sweeps do not wait for each other."""
    may_ring = Q(quarantined_at__isnull=True) | Q(deadlines__order_version=ANY_VERSION)
    due = Order.objects.filter(may_ring, deadlines__due_at__lte=Now()).order_by("deadlines__due_at").only("pk")
    order: Order | None = due.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    return None if order is None else order.pk


def _ring_for(order_id: UUID) -> None:
    try:
        _ring(order_id)
    except Exception as error:
        log.warning("deadline_failed", order=str(order_id), exc_info=error)
        Deadline.objects.filter(order_id=order_id, due_at__lte=Now()).update(
            due_at=Now() + AGAIN_AFTER, attempts=Least(F("attempts") + 1, MOST_ATTEMPTS)
        )


@transaction.atomic
def _ring(order_id: UUID) -> None:
    """The order first, as everybody does who locks both; then the deadline, if it is still there and still meant."""
    order = Order.objects.locked().get(pk=order_id)
    all_due = Deadline.objects.filter(order=order, due_at__lte=Now()).order_by("due_at")
    if order.quarantined_at is not None:  # the clock of its parties stands still: `put_off`
        all_due = all_due.filter(order_version=ANY_VERSION)
    due = all_due.first()
    if due is None:
        return
    if order.quarantined_at is not None:  # not a failure: nothing of it moves until somebody has looked
        Deadline.objects.filter(pk=due.pk).update(due_at=Now() + LOOK_AGAIN_AFTER)
        return
    Deadline.objects.filter(pk=due.pk).delete()
    if due.order_version in (ANY_VERSION, order.version):
        _rings[due.kind](order)
