"""Raw events lie in one partition for each day: made before the day begins, dropped whole when nobody needs it.

Two at once take turns (`analytics_prepare_days` locks). What came on a day that nobody had prepared lies in the
default partition, is read as any other event, and moves to its day as soon as that is made.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

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


def drop_older(days: int, *, now: datetime) -> int | None:
    """How many days were dropped; None where they are not all counted yet. One that is being read is dropped later."""
    first_kept = (now - timedelta(days=days)).date()
    with transaction.atomic(), connection.cursor() as cursor:
        if not let_raw_go(first_kept):
            return None
        cursor.execute(HURRIED)
        cursor.execute("SELECT analytics_drop_days(%s)", [first_kept])
        return int(cursor.fetchone()[0])


def forget_seen(days: int, *, now: datetime) -> int:
    """Ids whose events are gone; how many that were."""
    first_kept = (now - timedelta(days=days)).date()
    return _forget("analytics_seenevent", "seen_at < %s::timestamp AT TIME ZONE 'UTC'", first_kept)


def forget_members(days: int, *, now: datetime) -> int:
    """Who was there on days to which no event can be added any more: how many they were is counted."""
    return _forget("analytics_daymember", "day < %s", (now - timedelta(days=days)).date())


def _forget(table: str, which: str, before: date) -> int:
    """A part at a time."""
    forgotten = 0
    while True:
        with connection.cursor() as cursor:
            some = f"SELECT ctid FROM {table} WHERE {which} LIMIT %s FOR UPDATE SKIP LOCKED"  # noqa: S608 - names of ours
            cursor.execute(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({some}))", [before, FORGOTTEN_AT_ONCE])  # noqa: S608
            part = int(cursor.rowcount)
        forgotten += part
        if part < FORGOTTEN_AT_ONCE:
            return forgotten
