"""Questions about listings and orders by the day they were made: closed days are counted, the others are looked at.

A key of ours begins with the time it was made at, so a day is a short stretch of the primary key; days with strays,
whose keys say something else, are read in full until they are closed. docs/decisions/0019-rollups.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.querysets.window import Window

# How far a row's key may be from the time it was made at without being a stray
SLACK = "interval '1 hour'"


@dataclass(frozen=True)
class Made:
    """What is counted: by `key`, rows and (for orders) money. `kinds` are those of the day counts."""

    of: str
    table: str
    key: str
    cents: str
    kinds: tuple[str, str]
    is_settled: str  # may a day be closed that has such a row?


LISTINGS = Made("listings", "listings_listing", "category_id::text", "0", ("listing", "none"), "true")
ORDERS = Made(
    *("orders", "orders_order", "status", "total_cents", ("order", "order_cents")),
    is_settled="state IN ('completed', 'refunded', 'cancelled', 'expired')",
)


def in_pieces(what: Made) -> str:
    """Of `pieces` (day, start_at, end_at, has_strays), a table beside it: day, key, n, cents, is_settled."""
    return f"""
    SELECT piece.day, made.* FROM pieces piece CROSS JOIN LATERAL (
      SELECT {what.key}, count(*), sum({what.cents})::numeric, bool_and({what.is_settled}) FROM {what.table}
      WHERE id >= analytics_first_id(piece.start_at - {SLACK}) AND id < analytics_first_id(piece.end_at + {SLACK})
        AND created_at >= piece.start_at AND created_at < piece.end_at
      GROUP BY 1) made
    WHERE NOT piece.has_strays
    UNION ALL
    SELECT piece.day, {what.key}, count(*), sum({what.cents})::numeric, bool_and({what.is_settled})
    FROM {what.table} JOIN pieces piece ON created_at >= piece.start_at AND created_at < piece.end_at
      AND piece.has_strays
    WHERE (SELECT bool_or(has_strays) FROM pieces) GROUP BY 1, 2
    """


def _pieces(what: Made, window: Window) -> str:
    whole = """
    SELECT day::date, day AT TIME ZONE 'UTC', (day + interval '1 day') AT TIME ZONE 'UTC'
    FROM generate_series(%(first)s::date::timestamp, %(after)s::date::timestamp - interval '1 day', '1 day') day
    WHERE NOT EXISTS (SELECT FROM closed WHERE closed.day = day::date)
    """
    edges = """
    SELECT (start_at AT TIME ZONE 'UTC')::date, start_at, end_at FROM (VALUES
      (%(head_start)s::timestamptz, %(head_end)s::timestamptz),
      (%(tail_start)s::timestamptz, %(tail_end)s::timestamptz)) edge(start_at, end_at) WHERE start_at < end_at
    """
    return (
        f"""
    SELECT piece.day, start_at, end_at, coalesce(has_strays, false) AS has_strays
    FROM ({whole} UNION ALL {edges}) piece(day, start_at, end_at)
    LEFT JOIN analytics_day known ON known.of = '{what.of}' AND known.day = piece.day
    """
        if window.edges
        else f"""
    SELECT piece.day, start_at, end_at, coalesce(has_strays, false) AS has_strays
    FROM ({whole}) piece(day, start_at, end_at)
    LEFT JOIN analytics_day known ON known.of = '{what.of}' AND known.day = piece.day
    """
    )


def made(what: Made, window: Window) -> str:
    """A statement's beginning: `found` (day, key, n, cents)."""
    rows, cents = what.kinds
    return f"""
    WITH closed AS MATERIALIZED (SELECT day FROM analytics_day
      WHERE of = '{what.of}' AND is_closed AND day >= %(first)s::date AND day < %(after)s::date),
    pieces AS MATERIALIZED ({_pieces(what, window)}),
    found(day, key, n, cents) AS (
      SELECT day, key, CASE kind WHEN '{rows}' THEN n ELSE 0 END, CASE kind WHEN '{cents}' THEN n ELSE 0 END
      FROM analytics_daycount JOIN closed USING (day) WHERE kind IN ('{rows}', '{cents}')
        AND day >= %(first)s::date AND day < %(after)s::date
      UNION ALL SELECT day, key, n, cents FROM ({in_pieces(what)}) seen(day, key, n, cents, is_settled))
    """


def by_day_and_key(what: Made, window: Window) -> str:
    return f"""
    {made(what, window)} SELECT to_char(day, 'YYYY-MM-DD'), key, sum(n)::bigint FROM found
    GROUP BY day, key ORDER BY day, key COLLATE "C"
    """


def money_by_day(window: Window) -> str:
    """What was paid for and not given back; a day with orders and none of those has a row of zeros."""
    paid = "FILTER (WHERE key IN ('paid', 'shipped', 'completed'))"
    return f"""
    {made(ORDERS, window)} SELECT to_char(day, 'YYYY-MM-DD'), coalesce(sum(cents) {paid}, 0)::bigint,
      coalesce(sum(n) {paid}, 0)::bigint FROM found
    GROUP BY day ORDER BY day
    """
