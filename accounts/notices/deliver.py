"""Working off the deliveries: claim and commit, talk to the network, write down the answer.

The claim is committed before anything is sent, with a lease and the number of the attempt. A sender that dies is
followed by another once its lease has run out; one that only seemed dead finds another number and changes nothing.
So a message whose sender died between the provider's answer and our note goes out twice, rather than never; its
collapse key or Message-ID lets phone and mailbox recognise it.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Delivery, Device
from accounts.notices import sending
from accounts.notices.sending import NotWanted
from accounts.push import PushFailed, PushRefused, TokenGone
from marketplace.common import metrics

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
LEASE_SECONDS = 120  # longer than any provider's timeouts added up
FIRST_RETRY_SECONDS = 30
SLOWEST_RETRY_SECONDS = 3_600

State = Delivery.State


@dataclass(frozen=True)
class Claim:
    delivery_id: int
    attempt: int


def deliver_due(*, limit: int = 100, for_seconds: float = 20.0) -> int:
    """How many were tried. A provider that hangs must not hold up everything else that is swept."""
    stop_at = time.monotonic() + for_seconds
    tried = 0
    while tried < limit and time.monotonic() < stop_at:
        claim = _claim()
        if claim is None:
            break
        _deliver(claim)
        tried += 1
    return tried


_CLAIM = """
UPDATE accounts_delivery SET attempts = attempts + 1, due_at = statement_timestamp() + make_interval(secs => %s)
WHERE id = (
  SELECT id FROM accounts_delivery WHERE state = 'waiting' AND due_at <= statement_timestamp()
  ORDER BY due_at FOR UPDATE SKIP LOCKED LIMIT 1
) RETURNING id, attempts
"""


def _claim() -> Claim | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [LEASE_SECONDS])
        row = cursor.fetchone()
        return None if row is None else Claim(int(row[0]), int(row[1]))


def _deliver(claim: Claim) -> None:
    delivery = _still_ours(claim).select_related("notification__user", "device").first()
    if delivery is None:
        return
    if claim.attempt > MAX_ATTEMPTS:  # every sender before us died of it
        _finish(claim, delivery, State.DEAD, "sender lost")
        return
    try:
        sending.send(delivery)
    except NotWanted as reason:
        _finish(claim, delivery, State.SKIPPED, str(reason))
    except TokenGone:
        _drop_token(claim, delivery)
    except Exception as error:  # whatever a provider does, the queue keeps moving
        _postpone(claim, delivery, error)
    else:
        _finish(claim, delivery, State.SENT)


def _still_ours(claim: Claim) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=claim.delivery_id, attempts=claim.attempt, state=State.WAITING)


def _finish(claim: Claim, delivery: Delivery, state: Delivery.State, note: str = "") -> bool:
    changed = _still_ours(claim).update(state=state, done_at=Now(), last_error=note)
    metrics.pushes.labels(delivery.channel, state.value if changed else "late").inc()
    return bool(changed)


@transaction.atomic
def _drop_token(claim: Claim, delivery: Delivery) -> None:
    """Only the token that was tried: the phone may have brought a new one meanwhile."""
    if _finish(claim, delivery, State.SKIPPED, "token gone") and delivery.device is not None:
        Device.objects.filter(pk=delivery.device_id, push_token=delivery.device.push_token).update(push_token=None)


def _postpone(claim: Claim, delivery: Delivery, error: Exception) -> None:
    is_last = claim.attempt >= MAX_ATTEMPTS or isinstance(error, PushRefused)
    _log(claim, delivery, error, is_last=is_last)
    if is_last:
        _finish(claim, delivery, State.DEAD, _named(error))
        return
    wait = min(FIRST_RETRY_SECONDS * 2 ** (claim.attempt - 1), SLOWEST_RETRY_SECONDS)
    _still_ours(claim).update(due_at=Now() + timedelta(seconds=wait), last_error=_named(error))
    metrics.pushes.labels(delivery.channel, "failed").inc()


def _named(error: Exception) -> str:
    """The kind of trouble only: what a mail server or an HTTP library says may quote an address or a token."""
    return f"{type(error).__name__}: {error}"[:300] if isinstance(error, PushFailed) else type(error).__name__


def _log(claim: Claim, delivery: Delivery, error: Exception, *, is_last: bool) -> None:
    """For the same reason a place in the code instead of a traceback."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    level = log.error if is_last else log.warning
    level(
        "delivery_failed",
        delivery=claim.delivery_id,
        channel=delivery.channel,
        attempt=claim.attempt,
        dead=is_last,
        error=_named(error),
        where=f"{frame.filename}:{frame.lineno}",
    )
