"""Questions about events: whole days from the roll-ups and what is not in them yet, pieces of days from the raw rows.

Every answer is one statement, so roll-ups and raw rows are seen at one moment: nothing is counted twice, or not yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.querysets.window import Window

EDGES = """
((occurred_at >= %(head_start)s AND occurred_at < %(head_end)s)
  OR (occurred_at >= %(tail_start)s AND occurred_at < %(tail_end)s))
"""
FRESH = "analytics_fresh(%(first)s::date, %(after)s::date)"
WHOLE_DAYS = "day >= %(first)s::date AND day < %(after)s::date"


@dataclass(frozen=True)
class Counted:
    """One kind of the day counts: which events, and by what."""

    kind: str
    where: str
    key: str


EVENT = Counted("event", "true", "event_type")
CLICK = Counted("click", "event_type = 'ui.click'", "button")
ESCROW = Counted("escrow", "event_type = 'escrow.step' AND step IS NOT NULL", "step")
CANCELLED = "result = 'cancelled'"
ESCROW_CANCELLED = Counted("cancelled", f"{ESCROW.where} AND {CANCELLED}", "step")
VIEWED = Counted(
    "viewed", "event_type = 'feature.used' AND feature = 'quick_view' AND listing_id IS NOT NULL", "listing_id::text"
)
COUNTED = (EVENT, CLICK, ESCROW, ESCROW_CANCELLED, VIEWED)


@dataclass(frozen=True)
class Distinct:
    """Who was there, once a day."""

    kind: str
    member: str


USERS = Distinct("users", "user_id::text")
SESSIONS = Distinct("sessions", "session_id")
DISTINCT = (USERS, SESSIONS)


def counts(what: Counted, window: Window) -> str:
    """Rows of day, key and n; a key may come more than once on a day."""
    parts = [
        f"SELECT day, key, n FROM analytics_daycount WHERE kind = '{what.kind}' AND {WHOLE_DAYS}",
        f"SELECT day, {what.key}, count(*) FROM {FRESH} WHERE {what.where} GROUP BY 1, 2",
    ]
    if window.edges:
        parts.append(
            f"SELECT day, {what.key}, count(*) FROM analytics_reading WHERE {EDGES} AND {what.where} GROUP BY 1, 2"
        )
    return " UNION ALL ".join(parts)


def by_day_and_key(what: Counted, window: Window) -> str:
    return f"""
    SELECT to_char(day, 'YYYY-MM-DD'), key, sum(n)::bigint FROM ({counts(what, window)}) found(day, key, n)
    GROUP BY day, key ORDER BY day, key COLLATE "C"
    """


def by_day(what: Distinct, window: Window) -> str:
    """A day on which something happened has a row, even if nobody was named."""
    parts = [
        f"SELECT day, n FROM analytics_daycount WHERE kind = '{what.kind}' AND {WHOLE_DAYS}",
        f"""
        SELECT day, count(member) FROM (SELECT DISTINCT day, {what.member} AS member FROM {FRESH}) new
        WHERE NOT EXISTS (SELECT FROM analytics_daymember known
          WHERE known.kind = '{what.kind}' AND known.day = new.day AND known.member = new.member)
        GROUP BY day
        """,
    ]
    if window.edges:
        parts.append(f"SELECT day, count(DISTINCT {what.member}) FROM analytics_reading WHERE {EDGES} GROUP BY day")
    return f"""
    SELECT to_char(day, 'YYYY-MM-DD'), sum(n)::bigint FROM ({" UNION ALL ".join(parts)}) found(day, n)
    GROUP BY day ORDER BY day
    """


def cancelled_by_step(window: Window) -> str:
    both = f"""
    SELECT step, count(*) AS total, count(*) FILTER (WHERE {CANCELLED}) AS cancelled FROM {{source}}
    WHERE {{where}} AND {ESCROW.where} GROUP BY 1
    """
    parts = [
        f"""
        SELECT key, CASE kind WHEN '{ESCROW.kind}' THEN n ELSE 0 END,
          CASE kind WHEN '{ESCROW_CANCELLED.kind}' THEN n ELSE 0 END
        FROM analytics_daycount WHERE kind IN ('{ESCROW.kind}', '{ESCROW_CANCELLED.kind}') AND {WHOLE_DAYS}
        """,
        both.format(source=FRESH, where="true"),
    ]
    if window.edges:
        parts.append(both.format(source="analytics_reading", where=EDGES))
    return f"""
    SELECT step, sum(total)::bigint, sum(cancelled)::bigint, round(sum(cancelled) * 100.0 / sum(total), 2)::float8
    FROM ({" UNION ALL ".join(parts)}) found(step, total, cancelled)
    GROUP BY step ORDER BY step COLLATE "C"
    """


def quick_views_by_category(window: Window) -> str:
    """By the category a listing has now: whose roll-up still counts it in another one is moved here, for the answer."""
    parts = [
        f"SELECT day, key, n FROM analytics_daycount WHERE kind = 'quick_view' AND {WHOLE_DAYS}",
        f"""
        SELECT viewed.day, place.category_id::text, place.sign * viewed.n
        FROM (SELECT DISTINCT listing_id FROM analytics_movedlisting) moved
        JOIN analytics_viewedlisting counted USING (listing_id)
        LEFT JOIN listings_listing l ON l.id = counted.listing_id
        CROSS JOIN LATERAL (VALUES (counted.category_id, -1), (l.category_id, 1)) place(category_id, sign)
        JOIN analytics_daycount viewed ON viewed.kind = 'viewed' AND {WHOLE_DAYS.replace("day", "viewed.day")}
          AND viewed.digest = sha256(convert_to(counted.listing_id::text, 'UTF8'))
        WHERE counted.category_id IS DISTINCT FROM l.category_id AND place.category_id IS NOT NULL
        """,
        _quick_views(FRESH, "true"),
    ]
    if window.edges:
        parts.append(_quick_views("analytics_reading", EDGES))
    return f"""
    SELECT to_char(day, 'YYYY-MM-DD'), key, sum(n)::bigint FROM ({" UNION ALL ".join(parts)}) found(day, key, n)
    GROUP BY day, key HAVING sum(n) <> 0 ORDER BY day, key COLLATE "C"
    """


def _quick_views(source: str, where: str) -> str:
    return f"""
    SELECT day, l.category_id::text, count(*) FROM {source} e JOIN listings_listing l ON l.id = e.listing_id
    WHERE {where} AND {VIEWED.where} GROUP BY 1, 2
    """
