"""Which saved searches find this listing? `found(criteria)` turned around, in one statement over all of them.

It looks at one listing and at many searches, where `found` looks at many listings for one; a test holds the two
against each other. What is cheap to ask stands first, and words and places are asked of the few that are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

FIRST = UUID(int=0)


@dataclass(frozen=True)
class Hit:
    search_id: UUID
    user_id: UUID
    name: str


@dataclass(frozen=True)
class Batch:
    """`new` are hits that nobody was told of; `last` is where the next batch goes on, or None at the end."""

    new: list[Hit]
    last: UUID | None


# A price that has fallen is news to a search only where it was too high before
_MATCHING = """
WITH RECURSIVE thing AS (
  SELECT * FROM listings_listing WHERE id = %(listing)s AND is_active
), home AS (
  SELECT c.id, c.parent_id FROM listings_category c JOIN thing ON thing.category_id = c.id
  UNION SELECT c.id, c.parent_id FROM listings_category c JOIN home ON home.parent_id = c.id
), matching AS (
  SELECT s.id, s.user_id, s.name FROM listings_savedsearch s CROSS JOIN thing
  WHERE s.wants_alerts AND s.id > %(after)s AND s.user_id <> thing.seller_id
    AND (%(was)s::bigint IS NULL OR (s.criteria->>'max_price')::bigint < %(was)s::bigint)
    AND coalesce((s.criteria->>'max_price')::bigint >= thing.price_cents, true)
    AND coalesce((s.criteria->>'min_price')::bigint <= thing.price_cents, true)
    AND (s.criteria->>'category_id' IS NULL OR (s.criteria->>'category_id')::uuid IN (SELECT id FROM home))
    AND (s.criteria->>'brand_id' IS NULL OR (s.criteria->>'brand_id')::uuid = thing.brand_id)
    AND (s.criteria->>'seller_id' IS NULL OR (s.criteria->>'seller_id')::uuid = thing.seller_id)
    AND (s.criteria->>'condition' IS NULL OR upper(s.criteria->>'condition') = upper(thing.condition))
    AND (s.criteria->>'q' IS NULL OR thing.search @@ listings_query(s.criteria->>'q'))
    AND (s.criteria->>'near_lat' IS NULL OR (s.criteria->>'radius_km')::float8 * 1000 >= (thing.location <->
      ST_SetSRID(ST_MakePoint((s.criteria->>'near_lon')::float8, (s.criteria->>'near_lat')::float8), 4326)::geography))
  ORDER BY s.id LIMIT %(most)s
), remembered AS (
  INSERT INTO listings_savedsearchhit (search_id, listing_id) SELECT id, %(listing)s FROM matching ORDER BY id
  ON CONFLICT DO NOTHING RETURNING search_id
)
SELECT id, user_id, name, id IN (SELECT search_id FROM remembered) FROM matching ORDER BY id
"""


@transaction.atomic
def remember_hits(listing_id: UUID, *, after: UUID = FIRST, most: int, price_was: int | None = None) -> Batch:
    """At most `most` searches, oldest first. A search remembers each listing once, however often it matches."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")  # compiling it takes twice as long as asking 50,000 searches
        cursor.execute(_MATCHING, {"listing": listing_id, "after": after, "most": most, "was": price_was})
        rows = cursor.fetchall()
    new = [Hit(search_id, user_id, name) for search_id, user_id, name, is_new in rows if is_new]
    return Batch(new, rows[-1][0] if len(rows) == most else None)
