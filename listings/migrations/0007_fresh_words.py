"""The words of the newest listings in a small table of their own: see docs/decisions/0016-fresh-words.md."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

SINCE = """
CREATE FUNCTION listings_fresh_since() RETURNS timestamptz LANGUAGE sql STABLE
RETURN coalesce((SELECT max(at) FROM listings_freshsince), '-infinity');
"""
DROP_SINCE = "DROP FUNCTION listings_fresh_since();"

# Where in a text a word stands is for ranks, which nobody asks for here: without it a row is half as long.
KEEP = """
CREATE FUNCTION listings_keep_fresh() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.is_active AND NEW.created_at >= listings_fresh_since() THEN
    INSERT INTO listings_fresh AS old (listing_id, created_at, price_cents, category_id, brand_id, condition, search)
    VALUES (NEW.id, NEW.created_at, NEW.price_cents, NEW.category_id, NEW.brand_id, NEW.condition, strip(NEW.search))
    ON CONFLICT (listing_id) DO UPDATE SET
      (created_at, price_cents, category_id, brand_id, condition, search) = (excluded.created_at, excluded.price_cents,
        excluded.category_id, excluded.brand_id, excluded.condition, excluded.search);
  ELSE
    DELETE FROM listings_fresh WHERE listing_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER listing_came_fresh AFTER INSERT ON listings_listing
FOR EACH ROW WHEN (NEW.is_active) EXECUTE FUNCTION listings_keep_fresh();
CREATE TRIGGER listing_stays_fresh AFTER UPDATE ON listings_listing FOR EACH ROW
WHEN ((OLD.is_active, OLD.created_at, OLD.price_cents, OLD.category_id, OLD.brand_id, OLD.condition, OLD.search)
  IS DISTINCT FROM
  (NEW.is_active, NEW.created_at, NEW.price_cents, NEW.category_id, NEW.brand_id, NEW.condition, NEW.search))
EXECUTE FUNCTION listings_keep_fresh();
"""
DROP_KEEP = """
DROP TRIGGER listing_stays_fresh ON listings_listing;
DROP TRIGGER listing_came_fresh ON listings_listing;
DROP FUNCTION listings_keep_fresh();
"""

# Between one and two times as many as wanted are left alone. To reach further back again (much was sold) nobody may
# write meanwhile: a listing written under the old limit and not yet committed would be missing. Whoever changes a row
# at this moment is not waited for: what is older than the limit counts for nothing and goes next time.
TIDY = """
CREATE FUNCTION listings_tidy_fresh(wanted integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  since timestamptz := listings_fresh_since();
  held bigint := (SELECT count(*) FROM listings_fresh WHERE created_at >= since);
  gone bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock('listings_fresh'::regclass::oid::bigint) THEN RETURN 0; END IF;
  IF held < wanted AND since > '-infinity' THEN
    LOCK TABLE listings_fresh IN SHARE ROW EXCLUSIVE MODE;
    since := (SELECT created_at FROM listings_listing WHERE is_active
              ORDER BY created_at DESC, id DESC OFFSET wanted * 3 / 2 LIMIT 1);
    INSERT INTO listings_fresh (listing_id, created_at, price_cents, category_id, brand_id, condition, search)
    SELECT id, created_at, price_cents, category_id, brand_id, condition, strip(search) FROM listings_listing
    WHERE is_active AND created_at >= coalesce(since, '-infinity') ON CONFLICT DO NOTHING;
  ELSIF held > 2 * wanted THEN
    since := (SELECT created_at FROM listings_fresh ORDER BY created_at DESC OFFSET wanted * 3 / 2 LIMIT 1);
  ELSE
    since := nullif(since, '-infinity');
  END IF;
  IF since IS NULL THEN
    DELETE FROM listings_freshsince;
  ELSE
    INSERT INTO listings_freshsince (id, at) VALUES (1, since)
    ON CONFLICT (id) DO UPDATE SET at = excluded.at WHERE listings_freshsince.at <> excluded.at;
  END IF;
  DELETE FROM listings_fresh WHERE listing_id IN (
    SELECT listing_id FROM listings_fresh WHERE created_at < since FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
"""
DROP_TIDY = "DROP FUNCTION listings_tidy_fresh(integer);"

# As `listings_saying`, whose comment says why it chooses its index itself
SAYING = """
CREATE FUNCTION listings_fresh_saying(said text)
RETURNS TABLE (id uuid, created_at timestamptz, price_cents bigint, category_id uuid, brand_id uuid, condition varchar)
LANGUAGE plpgsql STABLE ROWS 200 SET enable_seqscan = off SET enable_indexscan = off SET jit = off AS $$
DECLARE
  since timestamptz := listings_fresh_since();  -- once, and not for each row
BEGIN
  RETURN QUERY SELECT f.listing_id, f.created_at, f.price_cents, f.category_id, f.brand_id, f.condition
  FROM listings_fresh f
  WHERE f.search @@ listings_query(said) AND f.created_at >= since;
END $$;
"""
DROP_SAYING = "DROP FUNCTION listings_fresh_saying(text);"

# The limit lies in the future and nothing is among them: they are fetched as if everything had been sold
FILL = """
SET LOCAL statement_timeout = 0;
INSERT INTO listings_freshsince (id, at) VALUES (1, 'infinity');
SELECT listings_tidy_fresh(32768);
"""


class Migration(migrations.Migration):
    dependencies = [("listings", "0006_merged_into")]

    operations = [
        migrations.CreateModel(
            name="Fresh",
            fields=[
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="listings.listing",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("price_cents", models.BigIntegerField()),
                ("category_id", models.UUIDField()),
                ("brand_id", models.UUIDField(null=True)),
                ("condition", models.CharField(max_length=40, null=True)),
                ("search", django.contrib.postgres.search.SearchVectorField(null=True)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="fresh_words", fastupdate=False)
                ]
            },
        ),
        migrations.CreateModel(
            name="FreshSince",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(SINCE, DROP_SINCE),
        migrations.RunSQL(KEEP, DROP_KEEP),
        migrations.RunSQL(TIDY, DROP_TIDY),
        migrations.RunSQL(SAYING, DROP_SAYING),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
