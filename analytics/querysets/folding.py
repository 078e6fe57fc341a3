"""The statements that add raw events to the day tables. `{which}` says which events those are."""

from __future__ import annotations

from analytics.querysets.events import COUNTED, DISTINCT, VIEWED

BEGIN = """
INSERT INTO analytics_fold (id, below, cluster, folded_at)
SELECT 1, 0, system_identifier::text, now() FROM pg_control_system() ON CONFLICT DO NOTHING
"""
STATE = """
SELECT below, cluster = (SELECT system_identifier::text FROM pg_control_system()),
  pg_snapshot_xmin(pg_current_snapshot())::text::bigint, raw_since
FROM analytics_fold WHERE id = 1 {lock}
"""
SOME = """
SELECT count(*) FROM (SELECT FROM analytics_event WHERE transaction >= %s AND transaction < %s LIMIT %s) some_of_them
"""
ADVANCE = "UPDATE analytics_fold SET below = %s, folded_at = now() WHERE id = 1"

# In the order of the keys, as everybody does: two that add to the same rows wait for each other, and never in a circle
_ADD = """
INSERT INTO analytics_daycount (kind, day, digest, key, n)
SELECT kind, day, CASE WHEN key IS NULL THEN ''::bytea ELSE sha256(convert_to(key, 'UTF8')) END, key, sum(n)
FROM {found} found(kind, day, key, n) GROUP BY kind, day, key ORDER BY kind, day, 3
ON CONFLICT (kind, day, digest) DO UPDATE SET n = analytics_daycount.n + excluded.n
"""

_MEMBERS = " UNION ".join(
    f"SELECT '{each.kind}', day, {each.member} AS member FROM new WHERE {each.member} IS NOT NULL" for each in DISTINCT
)
_COUNTED = " UNION ALL ".join(
    [f"SELECT '{each.kind}', day, {each.key}, count(*) FROM new WHERE {each.where} GROUP BY 2, 3" for each in COUNTED]
    # Of members only those that nobody had written down yet; a day of the unnamed alone has a zero
    + ["SELECT kind, day, NULL, count(*) FROM members GROUP BY kind, day"]
    + [f"SELECT DISTINCT '{each.kind}', day, NULL, 0 FROM new" for each in DISTINCT]
)
COUNT = f"""
WITH new AS MATERIALIZED (SELECT * FROM analytics_reading WHERE {{which}}),
members AS (
  INSERT INTO analytics_daymember (kind, day, member) SELECT * FROM ({_MEMBERS}) seen ORDER BY 1, 2, 3
  ON CONFLICT DO NOTHING RETURNING kind, day),
counted(kind, day, key, n) AS ({_COUNTED}),
added AS ({_ADD.format(found="counted")})
SELECT count(*), array_agg(DISTINCT listing_id) FILTER (WHERE {VIEWED.where}) FROM new
"""

MEET = """
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

MOVED = "DELETE FROM analytics_movedlisting RETURNING listing_id"
_MOVED_VIEWS = """
(SELECT 'quick_view', viewed.day, place.category_id::text, place.sign * viewed.n
 FROM moved CROSS JOIN LATERAL (VALUES (moved.before, -1), (moved.now, 1)) place(category_id, sign)
 JOIN analytics_daycount viewed ON viewed.kind = 'viewed'
   AND viewed.digest = sha256(convert_to(moved.listing_id::text, 'UTF8'))
 WHERE place.category_id IS NOT NULL)
"""
MOVE = f"""
WITH moved AS (
  UPDATE analytics_viewedlisting counted SET category_id = place.now
  FROM (SELECT listing_id, category_id AS before,
          (SELECT category_id FROM listings_listing WHERE id = listing_id) AS now
        FROM analytics_viewedlisting WHERE listing_id = ANY(%s)) place
  WHERE counted.listing_id = place.listing_id AND place.before IS DISTINCT FROM place.now
  RETURNING counted.listing_id, place.before, place.now)
{_ADD.format(found=_MOVED_VIEWS)}
"""
