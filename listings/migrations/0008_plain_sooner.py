"""The same two functions, called sooner: what they compute is computed anew whenever a piece is held or sold.

In SQL they cannot be taken into the statement that calls them (one calls what is only stable, the other `least`), so
each call started an executor of its own: a fifth of what an order cost the database.
"""

from django.db import migrations

SOONER = """
CREATE OR REPLACE FUNCTION listings_plain(said text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN lower(public.unaccent('public.unaccent'::regdictionary, said));
END $$;

CREATE OR REPLACE FUNCTION listings_shown_longitude(place public.geography) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  step double precision := public.listings_grid_step(public.listings_shown_latitude(place));
BEGIN
  RETURN least(180, greatest(-180, round((
    round(public.ST_X(place::public.geometry) / step) * step)::numeric, 6)))::double precision;
END $$;
"""
AS_BEFORE = """
CREATE OR REPLACE FUNCTION listings_plain(said text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(public.unaccent('public.unaccent'::regdictionary, said));

CREATE OR REPLACE FUNCTION listings_shown_longitude(place public.geography) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN least(180, greatest(-180, round((
    round(public.ST_X(place::public.geometry)
      / public.listings_grid_step(public.listings_shown_latitude(place)))
    * public.listings_grid_step(public.listings_shown_latitude(place)))::numeric, 6)))::double precision;
"""


class Migration(migrations.Migration):
    dependencies = [("listings", "0007_fresh_words")]

    operations = [migrations.RunSQL(SOONER, AS_BEFORE)]
