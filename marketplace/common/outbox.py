"""Domain events: `publish` writes them with the change, listeners get them after the commit.

An event that was committed is delivered, whatever dies: the row is the queue, Celery only wakes it up, and a sweep
in every worker finds what nobody woke. Who publishes writes one row, however many listen; the worker makes a delivery
for each of them (docs/decisions/0021-one-row-per-event.md). Each listener runs in one transaction with its own "done"
mark, so what it writes happens exactly once. A listener that talks to the network writes a row of intent and lets its
own sweep do the talking. Order between events is not promised.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from marketplace.common import audit, metrics
from marketplace.common.models import OutboxDelivery, OutboxEvent
from marketplace.common.wake import WakeUp

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 12
LEASE_SECONDS = 30
SLOWEST_RETRY_SECONDS = 3_600


@dataclass(frozen=True)
class Event:
    """What a listener sees. `id` is the same at every attempt."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    at: datetime


Listener = Callable[[Event], None]
_listeners: dict[str, tuple[frozenset[str], Listener]] = {}
wake_up = WakeUp("outbox")


def listens_to(*kinds: str) -> Callable[[Listener], Listener]:
    """Register a listener under its dotted name; import its module in the app's `ready`."""

    def register(listener: Listener) -> Listener:
        _listeners[f"{listener.__module__}.{listener.__qualname__}"] = (frozenset(kinds), listener)
        return listener

    return register


def listeners_of(kind: str) -> list[str]:
    return [name for name, (kinds, _) in _listeners.items() if kind in kinds]


@transaction.atomic(savepoint=False)
def publish(kind: str, **payload: Any) -> None:
    """Call inside the transaction of the change. Payloads are ids and small facts, never secrets."""
    OutboxEvent.objects.create(kind=kind, payload=payload)
    if listeners_of(kind):
        wake_up.after_commit()


def deliver_due(*, limit: int = 100, seconds: float = 20.0) -> int:
    """Deliver what is due, one claim at a time, for a while; returns how many were tried."""
    tried, until = 0, time.monotonic() + seconds
    hand_out()
    while tried < limit and time.monotonic() < until:
        claimed = _claim()
        if claimed is not None:
            _deliver(*claimed)
            tried += 1
        elif not hand_out():  # a listener may have published in its turn
            return tried
    return tried


_HAND_OUT = """
WITH fresh AS (
  SELECT id, kind, created_at FROM common_outboxevent WHERE NOT is_handed_out ORDER BY id LIMIT %(most)s
  FOR UPDATE SKIP LOCKED
), given AS (
  INSERT INTO common_outboxdelivery (event_id, listener, state, attempts, last_error, due_at)
  SELECT fresh.id, listener, 'waiting', 0, '', fresh.created_at
  FROM fresh JOIN unnest(%(kinds)s::text[], %(listeners)s::text[]) AS heard (kind, listener) USING (kind)
  ON CONFLICT (event_id, listener) DO NOTHING
)
UPDATE common_outboxevent e SET is_handed_out = true FROM fresh WHERE e.id = fresh.id
"""


def hand_out(*, most: int = 500) -> int:
    """Give new events to who listens; returns how many events."""
    heard = [(kind, name) for name, (kinds, _) in _listeners.items() for kind in kinds]
    with connection.cursor() as cursor:
        cursor.execute(
            _HAND_OUT,
            {"most": most, "kinds": [kind for kind, _ in heard], "listeners": [name for _, name in heard]},
        )
        return int(cursor.rowcount)


_CLAIM = """
UPDATE common_outboxdelivery SET attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => %s)
WHERE id = (
  SELECT id FROM common_outboxdelivery WHERE state = 'waiting' AND due_at <= clock_timestamp()
  ORDER BY due_at FOR UPDATE SKIP LOCKED LIMIT 1
) RETURNING id, attempts
"""


def _claim() -> tuple[int, int] | None:
    """Committed before the listener runs: one that kills its process still uses up its attempts."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [LEASE_SECONDS])
        row = cursor.fetchone()
        return None if row is None else (int(row[0]), int(row[1]))


def _deliver(delivery_id: int, attempt: int) -> None:
    try:
        listener = _run(delivery_id, attempt)
        if listener is not None:
            metrics.outbox_deliveries.labels(listener, "done").inc()
    except Exception as error:  # whatever a listener does, the queue keeps moving
        _postpone(delivery_id, attempt, error)


@transaction.atomic
def _run(delivery_id: int, attempt: int) -> str | None:
    """Effect and mark in one commit; a claim whose lease was taken over finds another attempt number."""
    delivery = (
        OutboxDelivery.objects.select_for_update(of=("self",))
        .select_related("event")
        .filter(pk=delivery_id, attempts=attempt, state=OutboxDelivery.State.WAITING)
        .first()
    )
    if delivery is None:
        return None
    known = _listeners.get(delivery.listener)
    if known is None:
        raise LookupError(f"no listener named {delivery.listener}")
    if attempt > MAX_ATTEMPTS:  # it killed its process each time, so nobody was left to count
        raise ChildProcessError("the listener never came back")
    event = delivery.event
    known[1](Event(event.id, event.kind, event.payload, event.created_at))
    OutboxDelivery.objects.filter(pk=delivery_id).update(state=OutboxDelivery.State.DONE, done_at=Now(), last_error="")
    return delivery.listener


def _postpone(delivery_id: int, attempt: int, error: Exception) -> None:
    dead = attempt >= MAX_ATTEMPTS
    wait = min(2**attempt, SLOWEST_RETRY_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE common_outboxdelivery SET state = %s, last_error = %s,"
            " due_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id = %s AND attempts = %s RETURNING listener",
            ["dead" if dead else "waiting", repr(error)[:1000], wait, delivery_id, attempt],
        )
        row = cursor.fetchone()
    listener = row[0] if row else "unknown"
    metrics.outbox_deliveries.labels(listener, "dead" if dead else "failed").inc()
    level = log.error if dead else log.warning
    level("outbox_delivery_failed", listener=listener, attempt=attempt, dead=dead, exc_info=error)


@transaction.atomic
def try_dead_again(chosen: QuerySet[OutboxDelivery], *, actor: Any) -> int:
    """What was put aside starts over with all its attempts, once somebody has mended the cause."""
    dead = list(chosen.filter(state=OutboxDelivery.State.DEAD).select_for_update(of=("self",)))
    for delivery in dead:
        audit.record("outbox.tried_again", delivery, actor=actor)
    OutboxDelivery.objects.filter(pk__in=[each.pk for each in dead]).update(
        state=OutboxDelivery.State.WAITING, attempts=0, due_at=Now()
    )
    return len(dead)


def forget_delivered(days: int) -> int:
    """Events all of whose deliveries are done; what failed stays until somebody has looked at it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM common_outboxdelivery d USING common_outboxevent e WHERE d.event_id = e.id"
            " AND d.state = 'done' AND e.created_at < now() - make_interval(days => %s)",
            [days],
        )
        cursor.execute(
            "DELETE FROM common_outboxevent e WHERE e.created_at < now() - make_interval(days => %s)"
            " AND e.is_handed_out AND NOT EXISTS (SELECT 1 FROM common_outboxdelivery d WHERE d.event_id = e.id)",
            [days],
        )
        return int(cursor.rowcount)
