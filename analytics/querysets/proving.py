"""Where roll-ups and what they are made from differ: rows of what, key, how many by the roll-up, how many in truth."""

from __future__ import annotations

from analytics.querysets.events import COUNTED, DISTINCT, VIEWED
from analytics.querysets.things import Made, in_pieces

_RAW = [
    *(f"SELECT '{each.kind}', {each.key}, 0, count(*) FROM raw WHERE {each.where} GROUP BY 2" for each in COUNTED),
    *(f"SELECT '{each.kind}', NULL, 0, count(DISTINCT {each.member}) FROM raw" for each in DISTINCT),
    f"""
    SELECT 'quick_view', category_id::text, 0, count(*) FROM raw JOIN analytics_viewedlisting USING (listing_id)
    WHERE {VIEWED.where} AND category_id IS NOT NULL GROUP BY 2
    """,
]
_KINDS = ", ".join(f"'{each.kind}'" for each in (*COUNTED, *DISTINCT))
_DIFFERENT = "GROUP BY what, key HAVING sum(rolled) <> sum(real) ORDER BY what, key"

EVENTS_OF_A_DAY = f"""
WITH raw AS MATERIALIZED (SELECT * FROM analytics_reading WHERE occurred_at >= %(start)s AND occurred_at < %(end)s
  AND transaction < (SELECT below FROM analytics_fold))
SELECT what, key, sum(rolled)::bigint, sum(real)::bigint FROM (
  SELECT kind, key, n, 0 FROM analytics_daycount WHERE day = %(day)s AND kind IN ({_KINDS}, 'quick_view')
  UNION ALL {" UNION ALL ".join(_RAW)}) told(what, key, rolled, real)
{_DIFFERENT}
"""

# A listing that came after its views were counted, or one that no trigger spoke of
LISTINGS_ELSEWHERE = """
SELECT counted.listing_id FROM analytics_viewedlisting counted LEFT JOIN listings_listing l ON l.id = listing_id
WHERE counted.category_id IS DISTINCT FROM l.category_id
  AND NOT EXISTS (SELECT FROM analytics_movedlisting moved WHERE moved.listing_id = counted.listing_id)
"""


def things_of_a_day(what: Made) -> str:
    rows, cents = what.kinds
    return f"""
    WITH pieces AS MATERIALIZED (SELECT day, %(start)s::timestamptz AS start_at, %(end)s::timestamptz AS end_at,
      true AS has_strays FROM analytics_day WHERE of = '{what.of}' AND day = %(day)s AND is_closed),
    seen(day, key, n, cents, is_settled) AS MATERIALIZED ({in_pieces(what)})
    SELECT what, key, sum(rolled)::bigint, sum(real)::bigint FROM (
      SELECT kind, key, n, 0 FROM analytics_daycount JOIN pieces USING (day) WHERE kind IN ('{rows}', '{cents}')
      UNION ALL SELECT '{rows}', key, 0, n FROM seen
      UNION ALL SELECT '{cents}', key, 0, cents FROM seen) told(what, key, rolled, real)
    {_DIFFERENT}
    """
