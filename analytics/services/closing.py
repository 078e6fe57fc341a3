"""Days of listings and orders on which nothing can change any more are counted once and for all.

A trigger opens a day again when its past is touched after all; both lock the day's row, so whoever is second sees
what the first one did.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from analytics.querysets.things import LISTINGS, ORDERS, Made, in_pieces

OLDEST = timedelta(days=400)  # older ones are looked at when somebody asks
AT_ONCE = 40

# A row that is made without a trigger has the time of its transaction, give or take half an hour: so all that may
# still come to a day are in transactions which had begun by an hour after its end
_DAYS = """
SELECT day::date FROM generate_series(%s::date::timestamp, (
  SELECT least(now(), min(xact_start)) - interval '25 hours' FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()) AT TIME ZONE 'UTC', '1 day') day
WHERE NOT EXISTS (SELECT FROM analytics_day WHERE of = %s AND analytics_day.day = day::date AND is_closed)
ORDER BY 1
"""
_KNOW = (
    "INSERT INTO analytics_day (of, day, is_closed, has_strays) VALUES (%s, %s, false, false) ON CONFLICT DO NOTHING"
)
_LOCK = """
SELECT day FROM analytics_day WHERE of = %s AND day = ANY(%s) AND NOT is_closed ORDER BY day FOR UPDATE SKIP LOCKED
"""
_SEEN = """
WITH pieces AS MATERIALIZED (
  SELECT day, day::timestamp AT TIME ZONE 'UTC' AS start_at, (day + 1)::timestamp AT TIME ZONE 'UTC' AS end_at,
    has_strays FROM analytics_day WHERE of = '{of}' AND day = ANY(%(days)s)),
seen(day, key, n, cents, is_settled) AS MATERIALIZED ({seen}),
open AS (SELECT DISTINCT day FROM seen WHERE NOT is_settled),
forgotten AS (
  DELETE FROM analytics_daycount WHERE kind IN ('{rows}', '{cents}') AND day = ANY(%(days)s)),
closed AS (
  UPDATE analytics_day SET is_closed = true
  WHERE of = '{of}' AND day = ANY(%(days)s) AND day NOT IN (SELECT day FROM open) RETURNING day)
SELECT closed.day, seen.key, seen.n, seen.cents FROM closed LEFT JOIN seen USING (day)
"""
_KEEP = """
INSERT INTO analytics_daycount (kind, day, digest, key, n)
SELECT kind, day, sha256(convert_to(key, 'UTF8')), key, n
FROM unnest(%s::text[], %s::date[], %s::text[], %s::bigint[]) kept(kind, day, key, n)
"""


def close_days(*, today: date) -> int:
    """How many are closed now that were not."""
    return sum(_close(what, since=today - OLDEST) for what in (LISTINGS, ORDERS))


def _close(what: Made, *, since: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [since, what.of])
        days = [day for (day,) in cursor.fetchall()]
    return sum(_close_some(what, days[n : n + AT_ONCE]) for n in range(0, len(days), AT_ONCE))


def _close_some(what: Made, days: list[date]) -> int:
    try:
        _make_known(what, days)
    except OperationalError:  # somebody is at it: they need not wait for us, nor we for them
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, [what.of, days])
        ours = [day for (day,) in cursor.fetchall()]
        rows, cents = what.kinds
        cursor.execute(_SEEN.format(of=what.of, rows=rows, cents=cents, seen=in_pieces(what)), {"days": ours})
        closed = cursor.fetchall()
        _keep(cursor, [(rows, *row[:3]) for row in closed] + [(cents, *row[:2], row[3]) for row in closed if row[3]])
    return len({day for day, *_ in closed})


def _make_known(what: Made, days: list[date]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT day FROM analytics_day WHERE of = %s AND day = ANY(%s)", [what.of, days])
        known = {day for (day,) in cursor.fetchall()}
        missing = [(what.of, day) for day in days if day not in known]
        if missing:
            with transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                cursor.executemany(_KNOW, missing)


def _keep(cursor: Any, rows: list[tuple[Any, ...]]) -> None:
    kept = [row for row in rows if row[2] is not None]  # a day of nothing has no rows
    if kept:
        kinds, days, keys, numbers = (list(column) for column in zip(*kept, strict=True))
        cursor.execute(_KEEP, [kinds, days, keys, numbers])
