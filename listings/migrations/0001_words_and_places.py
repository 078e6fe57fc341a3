"""The SQL functions that the tables are built on: how words are compared, and how exact a place is to strangers."""

from django.db import migrations

from marketplace.common.ids import create_sequence

# Accents fall before stems are made; `listings_plain` keeps words whole, for prefixes and names.
CONFIGURATIONS = """
CREATE TEXT SEARCH CONFIGURATION listings_es (COPY = pg_catalog.spanish);
ALTER TEXT SEARCH CONFIGURATION listings_es
  ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, spanish_stem;
CREATE TEXT SEARCH CONFIGURATION listings_en (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION listings_en
  ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, english_stem;
CREATE TEXT SEARCH CONFIGURATION listings_plain (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION listings_plain
  ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, simple;
"""
DROP_CONFIGURATIONS = """
DROP TEXT SEARCH CONFIGURATION listings_es;
DROP TEXT SEARCH CONFIGURATION listings_en;
DROP TEXT SEARCH CONFIGURATION listings_plain;
"""

WORDS = """
CREATE FUNCTION listings_plain(said text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(public.unaccent('public.unaccent'::regdictionary, said));

CREATE FUNCTION listings_vector(title text, home text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(
    to_tsvector('public.listings_plain'::regconfig, coalesce(title, ''))
    || to_tsvector('public.listings_es'::regconfig, coalesce(title, ''))
    || to_tsvector('public.listings_en'::regconfig, coalesce(title, '')), 'A')
  || setweight(
    to_tsvector('public.listings_plain'::regconfig, coalesce(home, ''))
    || to_tsvector('public.listings_es'::regconfig, coalesce(home, ''))
    || to_tsvector('public.listings_en'::regconfig, coalesce(home, '')), 'B')
  || setweight(
    to_tsvector('public.listings_es'::regconfig, coalesce(description, ''))
    || to_tsvector('public.listings_en'::regconfig, coalesce(description, '')), 'C');

-- All words in Spanish, or all in English, or all as they stand with the last one unfinished.
CREATE FUNCTION listings_query(said text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN plainto_tsquery('public.listings_es'::regconfig, said)
  || plainto_tsquery('public.listings_en'::regconfig, said)
  || to_tsquery('public.listings_plain'::regconfig, coalesce(
       regexp_replace(
         nullif(trim(regexp_replace(public.listings_plain(said), '[^[:alnum:]]+', ' ', 'g')), ''),
         ' ', ' & ', 'g') || ':*',
       ''));
"""
DROP_WORDS = """
DROP FUNCTION listings_query(text);
DROP FUNCTION listings_vector(text, text, text);
DROP FUNCTION listings_plain(text);
"""

# A grid of about 100 m. The step east depends on the rounded latitude only, so it gives away nothing more.
PLACES = """
CREATE FUNCTION listings_shown_latitude(place public.geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN round(public.ST_Y(place::public.geometry)::numeric, 3)::double precision;

CREATE FUNCTION listings_grid_step(latitude double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 0.001 / greatest(cos(radians(latitude)), 0.001);

CREATE FUNCTION listings_shown_longitude(place public.geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN least(180, greatest(-180, round((
    round(public.ST_X(place::public.geometry)
      / public.listings_grid_step(public.listings_shown_latitude(place)))
    * public.listings_grid_step(public.listings_shown_latitude(place)))::numeric, 6)))::double precision;
"""
DROP_PLACES = """
DROP FUNCTION listings_shown_longitude(geography);
DROP FUNCTION listings_grid_step(double precision);
DROP FUNCTION listings_shown_latitude(geography);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("common", "0001_extensions")]

    operations = [
        create_sequence("listings_listing_number"),
        migrations.RunSQL(CONFIGURATIONS, DROP_CONFIGURATIONS),
        migrations.RunSQL(WORDS, DROP_WORDS),
        migrations.RunSQL(PLACES, DROP_PLACES),
    ]
