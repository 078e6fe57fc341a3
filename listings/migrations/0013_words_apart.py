"""Words that a sign joins are words of their own: in titles, in what is said of a thing, and in what is searched for.

PostgreSQL takes `HP/Dell` for the name of a file, `nuevo.Poco` for that of a host and `fx-991` for a negative number:
whoever looked for `dell`, `poco` or `991` did not find them. So signs are blanks before it looks.

Words are written anew some hundred listings at a time: nobody who orders waits for more. What is broken off can begin
again.
"""

from django.db import migrations

SIGNS = r"""!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~"""  # the quote as SQL has it
APART = f"""
CREATE OR REPLACE FUNCTION listings_apart(said text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN translate(said, '{SIGNS}', repeat(' ', 32));
"""

_VECTOR = """
CREATE OR REPLACE FUNCTION listings_vector(title text, home text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(
    to_tsvector('public.listings_plain'::regconfig, {title})
    || to_tsvector('public.listings_es'::regconfig, {title})
    || to_tsvector('public.listings_en'::regconfig, {title}), 'A')
  || setweight(
    to_tsvector('public.listings_plain'::regconfig, {home})
    || to_tsvector('public.listings_es'::regconfig, {home})
    || to_tsvector('public.listings_en'::regconfig, {home}), 'B')
  || setweight(
    to_tsvector('public.listings_es'::regconfig, {description})
    || to_tsvector('public.listings_en'::regconfig, {description}), 'C');
"""
# The last line takes signs for blanks already
_QUERY = """
CREATE OR REPLACE FUNCTION listings_query(said text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN plainto_tsquery('public.listings_es'::regconfig, {said})
  || plainto_tsquery('public.listings_en'::regconfig, {said})
  || to_tsquery('public.listings_plain'::regconfig, coalesce(
       regexp_replace(
         nullif(trim(regexp_replace(public.listings_plain(said), '[^[:alnum:]]+', ' ', 'g')), ''),
         ' ', ' & ', 'g') || ':*',
       ''));
"""
_TEXTS = ("title", "home", "description")
_apart = {name: f"coalesce(public.listings_apart({name}), '')" for name in _TEXTS}
_before = {name: f"coalesce({name}, '')" for name in _TEXTS}
FORWARDS = APART + _VECTOR.format(**_apart) + _QUERY.format(said="public.listings_apart(said)")
BACKWARDS = _VECTOR.format(**_before) + _QUERY.format(said="said") + "DROP FUNCTION IF EXISTS listings_apart(text);"

ALL_ANEW = """
DO $$
DECLARE
  last uuid := '00000000-0000-0000-0000-000000000000';
  next uuid;
BEGIN
  LOOP
    next := (SELECT id FROM (SELECT id FROM listings_listing WHERE id > last ORDER BY id LIMIT 500) batch
             ORDER BY id DESC LIMIT 1);
    EXIT WHEN next IS NULL;
    UPDATE listings_listing l SET search = listings_words(l)
    WHERE id > last AND id <= next AND search IS DISTINCT FROM listings_words(l);
    COMMIT;
    last := next;
  END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("listings", "0012_covered_keys")]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, ALL_ANEW),
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.RunSQL(ALL_ANEW, migrations.RunSQL.noop),
    ]
