"""Which misbehaviour is due for a request: one that was ordered, or one that its amount asks for.

By amount only with `SIMULATOR_FAULTS=on`, once for each order, by the last two digits of what is to be paid:

| Cents | What goes wrong            | Cents | What goes wrong                                    |
|-------|----------------------------|-------|----------------------------------------------------|
| .01   | declined                   | .08   | the hold has run out when it is to be used         |
| .02   | the buyer must confirm     | .09   | the first refund or payout is refused              |
| .03   | no answer, nothing is done | .10   | a refund of less than everything is refused        |
| .04   | no answer, but it is done  | .11   | the confirmation crosses the void on its way       |
| .05   | a 500, but it is done      | .12   | charged back after the payout                      |
| .06   | slow                       | .13   | the notification of the payment comes three times  |
| .07   | another amount is held     | .14   | it comes before the reply                          |
|       |                            | .15   | notifications of the order arrive in reverse       |
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import F

from orders.models.simulator import SimulatorFault
from orders.providers.base import Request

Fault = SimulatorFault.Fault

BY_CENTS: dict[int, Fault] = {
    1: Fault.DECLINE,
    2: Fault.ACTION,
    3: Fault.TIMEOUT_BEFORE,
    4: Fault.TIMEOUT_AFTER,
    5: Fault.ERROR_AFTER,
    6: Fault.SLOW,
    7: Fault.WRONG_AMOUNT,
    8: Fault.LAPSED,
    9: Fault.REFUSED,
    10: Fault.PARTIAL_REFUSED,
    11: Fault.LATE_SUCCESS,
    12: Fault.CHARGEBACK,
    13: Fault.WEBHOOK_THRICE,
    14: Fault.WEBHOOK_FIRST,
    15: Fault.WEBHOOK_REVERSED,
}
# What each is a misbehaviour of; what is not here goes wrong when the buyer pays
_KINDS: dict[str, tuple[str, ...]] = {
    Fault.LAPSED: ("capture",),
    Fault.REFUSED: ("refund", "transfer"),
    Fault.PARTIAL_REFUSED: ("refund",),
    Fault.LATE_SUCCESS: ("void",),
    Fault.CHARGEBACK: ("transfer",),
}


def kinds_of(fault: str) -> tuple[str, ...]:
    return _KINDS.get(fault, ("authorize",))


@transaction.atomic
def take(request: Request) -> str | None:
    """Used up by being taken."""
    ordered = (
        SimulatorFault.objects.select_for_update(skip_locked=True)
        .filter(kind__in=("", request.kind), order_id__in=("", request.order_id), times_left__gt=0)
        .order_by("pk")
        .first()
    )
    if ordered is None:
        return _by_amount(request) if settings.SIMULATOR_FAULTS else None
    SimulatorFault.objects.filter(pk=ordered.pk).update(times_left=F("times_left") - 1)
    return str(ordered.fault)


def order(fault: str, *, order_id: str) -> None:
    """For what comes next in this order; what was ordered before and has not happened yet is replaced."""
    SimulatorFault.objects.filter(order_id=order_id, times_left__gt=0).delete()
    SimulatorFault.objects.bulk_create(
        SimulatorFault(fault=fault, kind=kind, order_id=order_id) for kind in kinds_of(fault)
    )


def _by_amount(request: Request) -> str | None:
    fault = BY_CENTS.get(request.amount_cents % 100)
    if fault is None or request.kind not in kinds_of(fault):
        return None
    mark = {"fault": fault, "order_id": request.order_id, "kind": request.kind}
    _, is_new = SimulatorFault.objects.get_or_create(**mark, defaults={"times_left": 0})
    return str(fault) if is_new else None
