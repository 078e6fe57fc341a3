"""The simulated provider tells us what happened: a row with what it did, sent to our own webhook by the sweep."""

from __future__ import annotations

import http.client
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db.models import Min
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from marketplace.common.jsonio import dumps
from marketplace.common.queue import Claim, RowQueue
from orders.models import SimulatorRecord, SimulatorWebhook
from orders.models.simulator import SimulatorFault
from orders.providers import signing

log = structlog.get_logger(__name__)

HEADER = "Simulator-Signature"
MOST_ATTEMPTS = 12
SLOWEST_RETRY_SECONDS = 3_600
KEPT = timedelta(days=7)
Fault = SimulatorFault.Fault
queue = RowQueue(SimulatorWebhook, lease_seconds=60)


def write(record: SimulatorRecord, *, fault: str | None = None) -> SimulatorWebhook:
    """In the transaction of what it tells."""
    return SimulatorWebhook.objects.create(
        kind=f"{record.kind}.{record.state}",
        operation_id=record.operation_id,
        reference=str(record.pk),
        order_id=record.order_id,
        times=3 if fault == Fault.WEBHOOK_THRICE else 1,
        due_at=_before_the_others(record.order_id) if _is_reversed(record.order_id) else Now(),
    )


def _is_reversed(order_id: str) -> bool:
    return SimulatorFault.objects.filter(fault=Fault.WEBHOOK_REVERSED, order_id=order_id).exists()


def _before_the_others(order_id: str) -> datetime | Combinable:
    waiting = SimulatorWebhook.objects.filter(order_id=order_id, due_at__isnull=False)
    first = waiting.aggregate(first=Min("due_at"))["first"]
    return Now() if first is None else first - timedelta(milliseconds=1)


def is_anything_due() -> bool:
    return queue.is_anything_due()


def send_due(*, limit: int = 200, for_seconds: float = 10.0) -> int:
    """How many were tried."""
    return sum(_send(claim) for claim in queue.claims(limit=limit, for_seconds=for_seconds))


def send_now(order_id: str) -> None:
    """Before the reply to the request that caused it."""
    claim = queue.claim_one_of("order_id", order_id)
    if claim is not None:
        _send(claim)


def _send(claim: Claim) -> int:
    notice = queue.still_ours(claim).first()
    if notice is None:
        return 0
    raw = payload(notice)
    taken = [_is_taken(raw) for _ in range(notice.times)]
    if all(taken):
        queue.still_ours(claim).update(due_at=None)
    else:
        _again(claim)
    return 1


def forget_old() -> int:
    return SimulatorWebhook.objects.filter(due_at=None, created_at__lt=Now() - KEPT).delete()[0]


def payload(notice: SimulatorWebhook) -> bytes:
    named = {"kind": notice.kind, "operation_id": notice.operation_id, "reference": notice.reference}
    return dumps({"event_id": str(notice.pk), **named})


def _again(claim: Claim) -> None:
    wait = timedelta(seconds=min(2**claim.attempt, SLOWEST_RETRY_SECONDS))
    gives_up = claim.attempt >= MOST_ATTEMPTS
    queue.still_ours(claim).update(due_at=None if gives_up else Now() + wait)


def _is_taken(raw: bytes) -> bool:
    target = urlsplit(settings.SIMULATOR_WEBHOOK_URL)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    line = kind(target.hostname or "", target.port, timeout=settings.PAYMENT_TIMEOUT_SECONDS)
    headers = {
        "Content-Type": "application/json",
        "Host": urlsplit(settings.BASE_URL).netloc,  # the name we answer to, whichever way leads to us
        HEADER: signing.sign(raw, settings.SIMULATOR_WEBHOOK_SECRETS[0]),
    }
    try:
        line.request("POST", target.path, raw, headers)
        return 200 <= line.getresponse().status < 300
    except (OSError, http.client.HTTPException) as error:
        log.info("notification_not_taken", error=type(error).__name__)
        return False
    finally:
        line.close()
