"""The simulated provider's mind: what it does under a key, once, and what it says about it later.

It knows nothing of our rows but the names we sent. Each call is a transaction of its own, as at a real provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone

from orders.models import SimulatorRecord
from orders.models.simulator import SimulatorFault
from orders.providers.base import Line, Request

Fault = SimulatorFault.Fault
State = SimulatorRecord.State
HOLD_LIFE = timedelta(days=7)


class KeyReused(Exception):
    """One key, two different requests."""


@dataclass(frozen=True)
class Sums:
    """What of an order's money is where, as the provider has it."""

    held: int
    captured: int
    refunded: int
    transferred: int


@transaction.atomic
def take_fault(request: Request) -> str | None:
    """The next misbehaviour that was ordered for this request, used up by it."""
    fault = (
        SimulatorFault.objects.select_for_update(skip_locked=True)
        .filter(kind__in=("", request.kind), order_id__in=("", request.order_id), times_left__gt=0)
        .order_by("pk")
        .first()
    )
    if fault is None:
        return None
    SimulatorFault.objects.filter(pk=fault.pk).update(times_left=F("times_left") - 1)
    return str(fault.fault)


@transaction.atomic
def perform(request: Request, fault: str | None = None) -> SimulatorRecord:
    """What was done under this key, now or before."""
    _one_at_a_time(request.order_id)
    known = SimulatorRecord.objects.filter(key=request.key).first()
    if known is not None:
        if (known.amount_cents, known.currency, known.kind) != (request.amount_cents, request.currency, request.kind):
            raise KeyReused(request.key)
        SimulatorRecord.objects.filter(pk=known.pk).update(calls=F("calls") + 1)
        return known
    if fault == Fault.LAPSED:
        _lapse(request.order_id)
    code = _refusal(request, sums_of(request.order_id), fault)
    if request.kind == "void" and not code:
        _cancel_what_waits(request.order_id)
    state = State.FAILED if code else State.PENDING if fault == Fault.ACTION else State.SUCCEEDED
    amount = request.amount_cents + (1 if fault == Fault.WRONG_AMOUNT else 0)
    return SimulatorRecord.objects.create(
        key=request.key,
        order_id=request.order_id,
        kind=request.kind,
        amount_cents=amount,
        currency=request.currency,
        destination=request.destination,
        state=state,
        code=code,
        expires_at=timezone.now() + HOLD_LIFE if request.kind == "authorize" else None,
    )


def find(key: str) -> SimulatorRecord | None:
    return SimulatorRecord.objects.filter(key=key).first()


@transaction.atomic
def confirm(key: str, *, succeeds: bool) -> None:
    """The buyer has done, or refused, what the provider asked of them."""
    record = SimulatorRecord.objects.select_for_update().get(key=key)
    if record.state == State.PENDING:
        state = State.SUCCEEDED if succeeds else State.FAILED
        SimulatorRecord.objects.filter(pk=record.pk).update(state=state, code="" if succeeds else "refused_by_buyer")


def sums_of(order_id: str) -> Sums:
    done = SimulatorRecord.objects.filter(order_id=order_id, state=State.SUCCEEDED)
    by_kind = dict(done.values_list("kind").annotate(sum=Sum("amount_cents")))
    captured = by_kind.get("capture", 0)
    is_held = not done.filter(kind__in=("capture", "void")).exists()
    now = timezone.now()
    held = done.filter(kind="authorize", expires_at__gt=now).aggregate(sum=Sum("amount_cents"))["sum"] or 0
    return Sums(held if is_held else 0, captured, by_kind.get("refund", 0), by_kind.get("transfer", 0))


_STATEMENT = """
SELECT order_id, currency, sum(amount_cents) FILTER (WHERE kind = 'authorize'),
  sum(amount_cents) FILTER (WHERE kind = 'authorize' AND expires_at > clock_timestamp()),
  sum(amount_cents) FILTER (WHERE kind = 'capture'), sum(amount_cents) FILTER (WHERE kind = 'refund'),
  sum(amount_cents) FILTER (WHERE kind = 'transfer'), bool_or(kind IN ('capture', 'void'))
FROM orders_simulatorrecord WHERE state = 'succeeded' GROUP BY 1, 2
"""


def statement() -> Iterator[Line]:
    """Everything that was ever done, a line for each order."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT)
        rows = cursor.fetchall()
    for order_id, currency, *sums, is_let_go in rows:
        authorized, held, captured, refunded, transferred = (int(each or 0) for each in sums)
        yield Line(order_id, currency, authorized, 0 if is_let_go else held, captured, refunded, transferred)


def _refusal(request: Request, sums: Sums, fault: str | None) -> str:
    """Why it will not be done; empty when it will."""
    amount, left = request.amount_cents, sums.captured - sums.refunded - sums.transferred
    if fault in (Fault.DECLINE, Fault.REFUSED):
        return "declined" if fault == Fault.DECLINE else "refused"
    match request.kind:
        case "authorize":
            return "already_authorized" if sums.held or sums.captured else ""
        case "capture":
            return "" if sums.held >= amount else "no_hold"
        case "void":
            return "already_captured" if sums.captured else ""
        case "refund" | "transfer":
            return "" if left >= amount else "not_enough"
    return "unknown_kind"


def _cancel_what_waits(order_id: str) -> None:
    """Whoever confirms it now is too late."""
    waiting = SimulatorRecord.objects.filter(order_id=order_id, kind="authorize", state=State.PENDING)
    waiting.update(state=State.FAILED, code="voided")


def _lapse(order_id: str) -> None:
    SimulatorRecord.objects.filter(order_id=order_id, kind="authorize").update(expires_at=timezone.now())


def _one_at_a_time(order_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [order_id])
