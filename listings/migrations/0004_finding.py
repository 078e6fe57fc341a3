"""What searches stand on: partial and ordered indexes that Django cannot spell, and a grid of counts for totals."""

from django.db import migrations

# Django drops the condition of a spatial index; without it, what is sold would be walked past at every search.
INDEXES = """
DROP INDEX listing_near;
CREATE INDEX listing_near ON listings_listing USING gist (location) WHERE is_active;
CREATE INDEX listing_title_start ON listings_listing (plain_title COLLATE "C") WHERE is_active;
CREATE INDEX listing_newest_in_condition
  ON listings_listing (upper(condition::text), created_at DESC, id DESC) WHERE is_active;
"""
PLAIN_INDEXES = """
DROP INDEX listing_newest_in_condition;
DROP INDEX listing_title_start;
DROP INDEX listing_near;
CREATE INDEX listing_near ON listings_listing USING gist (location);
"""

# How many are on offer in each square of 0.0025 degrees, by category and (under the nil id) in all. The middle of a
# square is kept as a point on the unit sphere: a dot product then says how far it is, at the poles and the date line too.
CELLS = """
CREATE TABLE listings_cell (
  category_id uuid NOT NULL,
  "row" integer NOT NULL,
  col integer NOT NULL,
  n integer NOT NULL,
  x double precision NOT NULL,
  y double precision NOT NULL,
  z double precision NOT NULL,
  PRIMARY KEY (category_id, "row", col)
);

CREATE FUNCTION listings_count_cells() RETURNS bigint LANGUAGE sql AS $$
  WITH placed AS (
    SELECT category_id, floor(ST_Y(location::geometry) / 0.0025)::int AS "row",
           floor(ST_X(location::geometry) / 0.0025)::int AS col
    FROM listings_listing WHERE is_active AND location IS NOT NULL
  ), counted AS MATERIALIZED (
    SELECT coalesce(category_id, '00000000-0000-0000-0000-000000000000') AS category_id, "row", col, count(*)::int AS n
    FROM placed GROUP BY GROUPING SETS ((category_id, "row", col), ("row", col))
  ), emptied AS (
    DELETE FROM listings_cell old WHERE NOT EXISTS (
      SELECT FROM counted c WHERE (c.category_id, c."row", c.col) = (old.category_id, old."row", old.col)) RETURNING 1
  ), kept AS (
    INSERT INTO listings_cell AS old (category_id, "row", col, n, x, y, z)
    SELECT category_id, "row", col, n, cosd(lat) * cosd(lon), cosd(lat) * sind(lon), sind(lat)
    FROM counted, LATERAL (SELECT ("row" + 0.5) * 0.0025 AS lat, (col + 0.5) * 0.0025 AS lon) middle
    ON CONFLICT (category_id, "row", col) DO UPDATE SET n = excluded.n WHERE old.n <> excluded.n RETURNING 1
  )
  SELECT (SELECT count(*) FROM emptied) + (SELECT count(*) FROM kept)
$$;
"""
DROP_CELLS = """
DROP FUNCTION listings_count_cells();
DROP TABLE listings_cell;
"""

# A word that stands nowhere looks common to the planner (it guesses 2 % for a prefix), and it would walk all listings
# newest first to find none. These two take the word indexes, whatever it guesses, and stop after `most`.
POOLS = r"""
CREATE FUNCTION listings_saying(said text, most integer) RETURNS TABLE (id uuid, created_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 200 SET enable_seqscan = off SET enable_indexscan = off SET jit = off AS $$
BEGIN
  RETURN QUERY SELECT l.id, l.created_at FROM listings_listing l
  WHERE l.is_active AND l.search @@ listings_query(said) LIMIT most;
END $$;

CREATE FUNCTION listings_like(said text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN '%' || replace(replace(replace(public.listings_plain(said), '\', '\\'), '%', '\%'), '_', '\_') || '%';

CREATE FUNCTION listings_resembling(said text, most integer) RETURNS TABLE (id uuid, created_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 200 SET enable_seqscan = off SET enable_indexscan = off SET jit = off AS $$
DECLARE
  plain text := listings_plain(said);
  pattern text := listings_like(said);
BEGIN
  RETURN QUERY SELECT c.id, c.created_at FROM (
    SELECT l.id, l.created_at, l.plain_title FROM listings_listing l
    WHERE l.is_active AND (l.plain_title OPERATOR(public.%>) plain OR l.plain_title LIKE pattern) LIMIT 5 * most) c
  ORDER BY public.word_similarity(plain, c.plain_title) DESC, c.created_at DESC, c.id DESC LIMIT most;
END $$;
"""
DROP_POOLS = """
DROP FUNCTION listings_resembling(text, integer);
DROP FUNCTION listings_like(text);
DROP FUNCTION listings_saying(text, integer);
"""


class Migration(migrations.Migration):
    dependencies = [("listings", "0003_search_words")]

    operations = [
        migrations.RunSQL(INDEXES, PLAIN_INDEXES),
        migrations.RunSQL(CELLS, DROP_CELLS),
        migrations.RunSQL(POOLS, DROP_POOLS),
    ]
