"""What only old copies need is forgotten in time, and the copies that would need it are told so."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction

from marketplace.sync import clock
from marketplace.sync.models import Epoch, Log, PushedOperation

KEEP = timedelta(days=90)
AT_ONCE = 10_000

# Deleting and owning up to it are one statement: no reader sees the one without the other
_FORGET = """
WITH forgotten AS (
  DELETE FROM sync_index WHERE (kind, entity, scope) IN (
    SELECT kind, entity, scope FROM sync_index WHERE passing AND xid < %(floor)s ORDER BY xid LIMIT %(most)s
  ) AND passing AND xid < %(floor)s RETURNING xid
), owned_up AS (
  UPDATE sync_meta SET min_floor = greatest(min_floor, (SELECT max(xid) + 1 FROM forgotten))
)
SELECT count(*) FROM forgotten
"""
_HELD_SINCE = """
SELECT CASE WHEN pg_snapshot_xmax(s) > pg_snapshot_xmin(s) THEN
  coalesce(extract(epoch FROM clock_timestamp() - (
    SELECT min(at) FROM sync_epoch WHERE floor_xid >= pg_snapshot_xmin(s)::text::bigint)), 0)::float8
ELSE 0 END FROM pg_current_snapshot() s
"""


def tidy() -> int:
    """How many stamps were forgotten. An epoch is kept a little longer than what it leads to."""
    now = clock.now()
    floor = clock.floor_at(now - KEEP)
    forgotten = 0 if floor is None else _forget_below(floor)
    Epoch.objects.filter(at__lt=now - KEEP - timedelta(days=1)).delete()
    PushedOperation.objects.filter(created_at__lt=now - KEEP).delete()
    return forgotten


def _forget_below(floor: int) -> int:
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, {"floor": floor, "most": AT_ONCE})
            count = int(cursor.fetchone()[0])
        total += count
        if count < AT_ONCE:
            return total


@transaction.atomic
def begin_a_new_generation() -> UUID:
    """After a restore: transaction ids mean something else now. What was noted about them goes as well."""
    generation = uuid4()
    Log.objects.update(generation=generation, min_floor=1)  # not nothing: who asks by time has missed the restore
    Epoch.objects.all().delete()
    with connection.cursor() as cursor:  # ids of another server may be ahead of ours
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("UPDATE sync_index SET xid = 3 WHERE xid <> 3")
    return generation


def gauges() -> dict[str, tuple[str, float]]:
    """For Prometheus."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD_SINCE)
        seconds = float(cursor.fetchone()[0])
    return {
        "sync_watermark_held_seconds": (
            "For how long one open transaction has made all deltas repeat what came after it",
            seconds,
        )
    }
