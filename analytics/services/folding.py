"""Raw events into day tables: each exactly once, whatever the order in which their transactions ended.

An event carries the id of the transaction that wrote it. Below the oldest transaction that still runs, everything has
ended; so a fold takes what is between the last fold's bound and that id, and moves the bound in the same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from analytics.querysets.events import COUNTED, DISTINCT, VIEWED

MOST_SECONDS = 3.0  # for one transaction: longer ones hold up whoever reads changes
FIRST_SPAN, LARGEST_SPAN = 20_000, 100_000_000  # transaction ids
FEW_ROWS, MANY_ROWS = 20_000, 80_000

_LOCK = "FOR UPDATE SKIP LOCKED"
_BEGIN = """
INSERT INTO analytics_fold (id, below, cluster, folded_at)
SELECT 1, 0, system_identifier::text, now() FROM pg_control_system() ON CONFLICT DO NOTHING
"""
_STATE = """
SELECT below, cluster = (SELECT system_identifier::text FROM pg_control_system()),
  pg_snapshot_xmin(pg_current_snapshot())::text::bigint, raw_since
FROM analytics_fold WHERE id = 1 {lock}
"""
_ADVANCE = "UPDATE analytics_fold SET below = %s, folded_at = now() WHERE id = 1"

_DIGEST = "CASE WHEN key IS NULL THEN ''::bytea ELSE sha256(convert_to(key, 'UTF8')) END"
_ADD = f"""
INSERT INTO analytics_daycount (kind, day, digest, key, n)
SELECT kind, day, {_DIGEST}, key, sum(n) FROM {{found}} found(kind, day, key, n)
GROUP BY kind, day, key ORDER BY kind, day, 3
ON CONFLICT (kind, day, digest) DO UPDATE SET n = analytics_daycount.n + excluded.n
"""  # noqa: S608 - only names of ours
# In the order of the keys, as everybody does: two that add to the same rows wait for each other, and never in a circle
COUNT = f"""
WITH new AS MATERIALIZED (SELECT * FROM analytics_reading WHERE {{which}}),
members AS (
  INSERT INTO analytics_daymember (kind, day, member)
  SELECT * FROM ({
    " UNION ".join(
        f"SELECT '{each.kind}', day, {each.member} AS member FROM new WHERE {each.member} IS NOT NULL"
        for each in DISTINCT
    )
}) seen ORDER BY 1, 2, 3
  ON CONFLICT DO NOTHING RETURNING kind, day),
counted AS ({
    " UNION ALL ".join(
        [
            *(
                f"SELECT '{each.kind}' AS kind, day, {each.key} AS key, count(*) AS n FROM new WHERE {each.where} GROUP BY 2, 3"
                for each in COUNTED
            ),
            "SELECT kind, day, NULL, count(*) FROM members GROUP BY kind, day",
            *(f"SELECT DISTINCT '{each.kind}', day, NULL, 0 FROM new" for each in DISTINCT),
        ]
    )
}),
added AS ({_ADD.format(found="counted")})
SELECT count(*), coalesce(array_agg(DISTINCT listing_id) FILTER (WHERE {VIEWED.where}), '{{{{}}}}') FROM new
"""  # noqa: S608 - only names of ours

_MEET = """
INSERT INTO analytics_viewedlisting (listing_id, category_id)
SELECT viewed, (SELECT category_id FROM listings_listing WHERE id = viewed) FROM unnest(%s::uuid[]) viewed ORDER BY 1
ON CONFLICT DO NOTHING
"""
# The same rows once more, by category: a listing is counted in the one that is written down, wherever it is now
COUNT_VIEWS = _ADD.format(
    found=f"""
    (SELECT 'quick_view', day, category_id::text, count(*) FROM analytics_reading
     JOIN analytics_viewedlisting USING (listing_id)
     WHERE {{which}} AND {VIEWED.where} AND category_id IS NOT NULL GROUP BY 2, 3)"""
)
_MOVED = "DELETE FROM analytics_movedlisting RETURNING listing_id"
_MOVE = f"""
WITH moved AS (
  UPDATE analytics_viewedlisting counted SET category_id = place.now
  FROM (SELECT before.listing_id, before.category_id AS before,
          (SELECT category_id FROM listings_listing WHERE id = before.listing_id) AS now
        FROM analytics_viewedlisting before WHERE before.listing_id = ANY(%s)) place
  WHERE counted.listing_id = place.listing_id AND place.before IS DISTINCT FROM place.now
  RETURNING counted.listing_id, place.before, place.now)
{
    _ADD.format(
        found='''(SELECT 'quick_view', viewed.day, place.category_id::text, place.sign * viewed.n
   FROM moved CROSS JOIN LATERAL (VALUES (moved.before, -1), (moved.now, 1)) place(category_id, sign)
   JOIN analytics_daycount viewed ON viewed.kind = 'viewed'
     AND viewed.digest = sha256(convert_to(moved.listing_id::text, 'UTF8'))
   WHERE place.category_id IS NOT NULL)'''
    )
}
"""


class FromElsewhere(Exception):
    """The tables were restored in another cluster, whose transaction ids begin anew."""


@dataclass(frozen=True)
class State:
    below: int
    is_of_this_cluster: bool
    oldest_running: int
    raw_since: date | None


def lock_state(how: str | None = None) -> State | None:
    """None while somebody else has it. The bound is asked for after the lock is there."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN)
        cursor.execute(_STATE.format(lock=_LOCK if how is None else how))
        row = cursor.fetchone()
    return None if row is None else State(*row)


def fold(*, seconds: float = 20.0, between: Callable[[], None] = lambda: None) -> int:
    """What is ready, piece by piece, for about so long. How many events that were."""
    until = time.monotonic() + seconds
    span, folded, is_done = FIRST_SPAN, 0, False
    while not is_done and time.monotonic() < until:
        began = time.monotonic()
        rows, is_done = _fold_piece(span)
        folded += rows
        took = time.monotonic() - began
        if rows > MANY_ROWS or took > MOST_SECONDS / 2:
            span = max(1, span // 2)
        elif rows < FEW_ROWS:
            span = min(span * 4, LARGEST_SPAN)
        between()
    return folded


@transaction.atomic
def _fold_piece(span: int) -> tuple[int, bool]:
    state = lock_state()
    if state is None:
        return 0, True
    if not state.is_of_this_cluster:
        raise FromElsewhere
    below = min(state.oldest_running, state.below + span)
    is_done = below >= state.oldest_running
    if below <= state.below:
        return 0, True
    which = f"transaction >= {state.below} AND transaction < {below}"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # BRIN promises little and keeps more
        rows = count_events(which)
        cursor.execute(_ADVANCE, [below])
    move_listings()
    return rows, is_done


def count_events(which: str) -> int:
    """Adds these events to the day tables: for whoever holds the state."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(which=which))
        rows, viewed = cursor.fetchone()
        if viewed:
            cursor.execute(_MEET, [viewed])
            cursor.execute(COUNT_VIEWS.format(which=which))
    return int(rows)


def move_listings() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MOVED)
        moved = [listing for (listing,) in cursor.fetchall()]
        if moved:
            cursor.execute(_MOVE, [moved])
