"""The simulated provider's mind: what it does under a key, once, and what it says about it later.

It knows nothing of our rows but the names we sent. Each call is a transaction of its own, as at a real provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet, Sum

from orders.models import SimulatorRecord
from orders.models.simulator import SimulatorFault
from orders.providers.base import ALREADY_CAPTURED, NO_HOLD, Line, Request
from orders.providers.simulator import clock, notices

Fault = SimulatorFault.Fault
State = SimulatorRecord.State
HOLD_LIFE = timedelta(days=7)
CHARGEBACK = "chargeback"


class KeyReused(Exception):
    """One key, two different requests."""


@dataclass(frozen=True)
class Sums:
    """What of an order's money is where, as the provider has it."""

    held: int
    captured: int
    refunded: int
    transferred: int
    charged_back: int = 0


@transaction.atomic
def perform(request: Request, fault: str | None = None) -> SimulatorRecord:
    """What was done under this key, now or before."""
    known = _known(request)
    return known if known is not None else _decide(_new(request), request, fault)


@transaction.atomic
def open_payment(request: Request) -> SimulatorRecord:
    """Known by name; nothing is held before it is confirmed."""
    known = _known(request)
    if known is not None:
        return known
    record = _new(request)
    record.save()
    return record


@transaction.atomic
def confirm_payment(record: SimulatorRecord, request: Request, fault: str | None = None) -> SimulatorRecord:
    _one_at_a_time(record.order_id)
    record = SimulatorRecord.objects.select_for_update().get(pk=record.pk)
    return _decide(record, request, fault) if record.state == State.CREATED else record


def find(key: str) -> SimulatorRecord | None:
    return SimulatorRecord.objects.filter(key=key).first()


def find_chargebacks(order_id: str) -> QuerySet[SimulatorRecord]:
    return SimulatorRecord.objects.filter(order_id=order_id, kind=CHARGEBACK).order_by("pk")


@transaction.atomic
def confirm(key: str, *, succeeds: bool) -> SimulatorRecord | None:
    """The buyer has done, or refused, what the provider asked of them."""
    record = SimulatorRecord.objects.select_for_update().filter(key=key).first()
    if record is not None and record.state == State.PENDING:
        _settle(record, State.SUCCEEDED if succeeds else State.FAILED, "" if succeeds else "refused_by_buyer")
    return record


@transaction.atomic
def charge_back(order_id: str, *, cents: int | None = None) -> SimulatorRecord:
    """The buyer's bank takes back all that was captured, once; or so much of it, each time anew."""
    _one_at_a_time(order_id)
    which = "" if cents is None else f":{find_chargebacks(order_id).count() + 1}"
    payment = SimulatorRecord.objects.filter(order_id=order_id, kind="authorize", state=State.SUCCEEDED).latest("pk")
    record, is_new = SimulatorRecord.objects.get_or_create(
        key=f"{CHARGEBACK}:{order_id}{which}",
        defaults={
            "operation_id": payment.operation_id,
            "order_id": order_id,
            "kind": CHARGEBACK,
            "amount_cents": sums_of(order_id).captured if cents is None else cents,
            "currency": payment.currency,
            "state": State.SUCCEEDED,
        },
    )
    if is_new:
        notices.write(record)
    return record


def sums_of(order_id: str) -> Sums:
    done = SimulatorRecord.objects.filter(order_id=order_id, state=State.SUCCEEDED)
    by_kind = dict(done.values_list("kind").annotate(sum=Sum("amount_cents")))
    captured = by_kind.get("capture", 0)
    holds = done.filter(kind="authorize", expires_at__gt=clock.now(), let_go_at=None)
    held = 0 if captured else holds.aggregate(sum=Sum("amount_cents"))["sum"] or 0
    moved = (by_kind.get(kind, 0) for kind in ("refund", "transfer", CHARGEBACK))
    return Sums(held, captured, *moved)


def _known(request: Request) -> SimulatorRecord | None:
    _one_at_a_time(request.order_id)
    known = find(request.key)
    if known is None:
        return None
    if (known.amount_cents, known.currency, known.kind) != (request.amount_cents, request.currency, request.kind):
        raise KeyReused(request.key)
    SimulatorRecord.objects.filter(pk=known.pk).update(calls=F("calls") + 1)
    return known


def _new(request: Request) -> SimulatorRecord:
    return SimulatorRecord(
        key=request.key,
        operation_id=request.operation_id,
        order_id=request.order_id,
        kind=request.kind,
        amount_cents=request.amount_cents,
        currency=request.currency,
        destination=request.destination,
        state=State.CREATED,
    )


def _decide(record: SimulatorRecord, request: Request, fault: str | None) -> SimulatorRecord:
    if fault == Fault.LAPSED:
        _holds(request).update(expires_at=clock.now())
    code = _refusal(request, sums_of(request.order_id), fault)
    if request.kind == "void" and not code:
        _let_go(request, is_crossed=fault == Fault.LATE_SUCCESS)
    if request.kind == "authorize":
        record.expires_at = clock.now() + HOLD_LIFE
    record.amount_cents = request.amount_cents + (1 if fault == Fault.WRONG_AMOUNT else 0)
    state = State.FAILED if code else State.PENDING if fault == Fault.ACTION else State.SUCCEEDED
    return _settle(record, state, code, fault=fault)


def _settle(record: SimulatorRecord, state: str, code: str, *, fault: str | None = None) -> SimulatorRecord:
    record.state, record.code = state, code
    record.save()
    notices.write(record, fault=fault)
    return record


_STATEMENT = """
SELECT order_id, currency, sum(amount_cents) FILTER (WHERE kind = 'authorize'),
  sum(amount_cents) FILTER (WHERE kind = 'authorize' AND expires_at > %s AND let_go_at IS NULL),
  sum(amount_cents) FILTER (WHERE kind = 'capture'), sum(amount_cents) FILTER (WHERE kind = 'refund'),
  sum(amount_cents) FILTER (WHERE kind = 'transfer'), sum(amount_cents) FILTER (WHERE kind = 'chargeback')
FROM orders_simulatorrecord WHERE state = 'succeeded' GROUP BY 1, 2
"""


def statement() -> Iterator[Line]:
    """Everything that was ever done, a line for each order."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [clock.now()])
        rows = cursor.fetchall()
    for order_id, currency, *sums in rows:
        authorized, held, captured, *moved = (int(each or 0) for each in sums)
        yield Line(order_id, currency, authorized, 0 if captured else held, captured, *moved)


def _refusal(request: Request, sums: Sums, fault: str | None) -> str:
    """Why it will not be done; empty when it will."""
    amount = request.amount_cents
    left = sums.captured - sums.refunded - sums.transferred - sums.charged_back
    if fault in (Fault.DECLINE, Fault.REFUSED):
        return "declined" if fault == Fault.DECLINE else "refused"
    if fault == Fault.PARTIAL_REFUSED and amount < sums.captured:
        return "partial_refund_refused"
    match request.kind:
        case "authorize":
            return "already_authorized" if sums.held or sums.captured else ""
        case "capture":
            return "" if sums.held >= amount else _why_not_captured(sums)
        case "void":
            return ALREADY_CAPTURED if sums.captured and _is_the_captured_one(request) else ""
        case "refund" | "transfer":
            return "" if left >= amount else "not_enough"
    return "unknown_kind"


def _why_not_captured(sums: Sums) -> str:
    if sums.captured:
        return ALREADY_CAPTURED
    return "more_than_held" if sums.held else NO_HOLD


def _is_the_captured_one(request: Request) -> bool:
    """A hold that was refused, and holds all the same, is older than the one that was used in its place."""
    made = SimulatorRecord.objects.filter(order_id=request.order_id, kind="authorize", state=State.SUCCEEDED)
    return request.authorization in ("", str(made.latest("pk").pk))


def _holds(request: Request) -> QuerySet[SimulatorRecord]:
    """The one that was named, else all of the order."""
    holds = SimulatorRecord.objects.filter(order_id=request.order_id, kind="authorize", let_go_at=None)
    return holds.filter(pk=request.authorization) if request.authorization else holds


def _let_go(request: Request, *, is_crossed: bool) -> None:
    """Whoever confirms it now is too late; unless their word was on its way already."""
    holds = _holds(request).select_for_update()
    waiting = list(holds.filter(state__in=(State.CREATED, State.PENDING)))
    holds.filter(state__in=(State.SUCCEEDED, State.FAILED)).update(let_go_at=clock.now())
    for each in waiting:
        if not is_crossed:
            each.let_go_at = clock.now()
        _settle(each, State.SUCCEEDED if is_crossed else State.FAILED, "" if is_crossed else "voided")


def _one_at_a_time(order_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [order_id])
