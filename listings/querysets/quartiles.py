"""Quartiles of what is asked, without the prices that nobody means."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from listings.querysets.listing import ListingQuerySet

MOST_COMPARED = 1_000

# Tukey's fence: what lies further out than one and a half times the middle half is a slip or a joke
_QUARTILES = """
WITH asked(cents) AS ({rows}),
fence AS (SELECT percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY cents) AS q FROM asked)
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY cents), count(*)
FROM asked, fence WHERE cents BETWEEN q[1] - 1.5 * (q[2] - q[1]) AND q[2] + 1.5 * (q[2] - q[1])
"""


@dataclass(frozen=True)
class Quartiles:
    """In cents, not yet rounded; `n` is how many prices they were taken from."""

    p25: float
    p50: float
    p75: float
    n: int = 0


def quartiles_of(rows: ListingQuerySet) -> Quartiles | None:
    """Of the newest of these listings, in bounded time however many there are; None when there are none."""
    sql, params = rows.newest()[:MOST_COMPARED].values_list("price_cents").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_QUARTILES.format(rows=sql), params)
        quartiles, n = cursor.fetchone()
    if not n:
        return None
    p25, p50, p75 = quartiles
    return Quartiles(p25, p50, p75, n)
