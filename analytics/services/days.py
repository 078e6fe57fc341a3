"""Raw events lie in one partition for each day: made before the day begins, dropped whole when nobody needs it.

Two at once take turns (`analytics_prepare_days` locks). What came on a day that nobody had prepared lies in the
default partition, is read as any other event, and moves to its day as soon as that is made.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from analytics.services.rebuilding import let_raw_go

AHEAD = timedelta(days=7)
FORGOTTEN_AT_ONCE = 10_000
HURRIED = "SET LOCAL lock_timeout = '500ms'"  # who waits for all of a table makes everybody else wait behind them


def prepare(*, now: datetime, back: timedelta = timedelta(0)) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HURRIED)
        cursor.execute("SELECT analytics_prepare_days(%s, %s)", [(now - back).date(), (now + AHEAD).date()])


def is_prepared(*, now: datetime) -> bool:
    """Asked at each sweep, so it is one look into the catalogue."""
    with connection.cursor() as cursor:
        names = [f"analytics_event_{day:%Y%m%d}" for day in (now, now + timedelta(days=1))]
        cursor.execute("SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) AS name", [names])
        return bool(cursor.fetchone()[0])


def drop_older(days: int, *, now: datetime) -> int:
    """How many days were dropped. One that is being read just now, or is not all counted, is dropped next time."""
    first_kept = (now - timedelta(days=days)).date()
    with transaction.atomic(), connection.cursor() as cursor:
        if not let_raw_go(first_kept):
            return 0
        cursor.execute(HURRIED)
        cursor.execute("SELECT analytics_drop_days(%s)", [first_kept])
        return int(cursor.fetchone()[0])


def forget_seen(days: int) -> int:
    """Ids whose events are gone, a part at a time; how many that were."""
    forgotten = 0
    while (part := _forget_some_seen(days)) > 0:
        forgotten += part
    return forgotten


def _forget_some_seen(days: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM analytics_seenevent WHERE ctid = ANY(ARRAY(SELECT ctid FROM analytics_seenevent"
            " WHERE seen_at < now() - make_interval(days => %s) LIMIT %s FOR UPDATE SKIP LOCKED))",
            [days, FORGOTTEN_AT_ONCE],
        )
        return int(cursor.rowcount)
