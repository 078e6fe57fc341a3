"""Listings written down as JSON, kept by the database: see docs/decisions/0010-cards.md.

Whoever changes what a listing shows writes a new `listings_drawn` in a migration and calls `listings_draw_all()`.
"""

import django.db.models.deletion
from django.db import migrations, models

# Times as Python's `isoformat` has them: six digits after the point, or none and no point.
STAMP = """
CREATE FUNCTION listings_stamp(at timestamptz) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN replace(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z');
"""

# U+0001 stands raw in no JSON text, and a key followed by its colon in no JSON string: whatever people write, only
# the addresses of pictures get the mark.
DRAWN = r"""
CREATE FUNCTION listings_drawn(l listings_listing, is_own boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  pictures json := (SELECT coalesce(json_agg(photo), '[]'::json) FROM (
    SELECT p.id, p.listing_id, p.storage_key,
      CASE WHEN p.state = 'ready' THEN p.storage_key END AS image_url,
      p.width, p.height, listings_stamp(p.created_at) AS created_at,
      CASE WHEN p.state = 'ready' THEN json_build_object(
        '300', regexp_replace(p.storage_key, '/([^/]*)\.[^./]*$', '/thumbs/\1_300.jpg'),
        '800', regexp_replace(p.storage_key, '/([^/]*)\.[^./]*$', '/thumbs/\1_800.jpg')) ELSE '{}'::json END AS thumbnails,
      nullif(p.colour, '') AS colour, p.state, p.position
    FROM listings_photo p WHERE p.listing_id = l.id ORDER BY p.position, p.id) photo);
  said text := (SELECT row_to_json(item)::text FROM (
    SELECT l.id, l.seller_id, l.title, l.description, l.category_id, l.brand_id, l.price_cents, l.currency, l.condition,
      l.quantity - l.reserved - l.sold AS quantity, l.is_active,
      CASE WHEN is_own THEN ST_Y(l.location::geometry) ELSE l.shown_latitude END AS latitude,
      CASE WHEN is_own THEN ST_X(l.location::geometry) ELSE l.shown_longitude END AS longitude,
      l.price_suggestion_used, l.quick_view_enabled,
      listings_stamp(l.created_at) AS created_at, listings_stamp(l.updated_at) AS updated_at,
      pictures AS photos, l.state, l.version) item);
BEGIN
  RETURN left(replace(replace(replace(said,
    '"image_url":"', E'"image_url":"\x01'), '"300" : "', E'"300" : "\x01'), '"800" : "', E'"800" : "\x01'), -1);
END $$;
"""

# The lock comes first: whoever changes the same listing's pictures meanwhile waits, and then sees both changes,
# because the next statement looks at the rows anew.
DRAW = """
CREATE FUNCTION listings_draw(key uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM listings_card WHERE listing_id = key FOR NO KEY UPDATE;
  INSERT INTO listings_card (listing_id, seller_id, body)
  SELECT l.id, l.seller_id, listings_drawn(l, false) FROM listings_listing l WHERE l.id = key
  ON CONFLICT (listing_id) DO UPDATE SET seller_id = excluded.seller_id, body = excluded.body;
END $$;

CREATE FUNCTION listings_draw_all() RETURNS void LANGUAGE sql AS $$
  INSERT INTO listings_card (listing_id, seller_id, body)
  SELECT l.id, l.seller_id, listings_drawn(l, false) FROM listings_listing l
  ON CONFLICT (listing_id) DO UPDATE SET seller_id = excluded.seller_id, body = excluded.body;
$$;

CREATE FUNCTION listings_listing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM listings_draw(NEW.id);
  RETURN NULL;
END $$;

-- Once for each listing, however many of its pictures a statement touched. A worker that takes a picture in hand changes
-- nothing that is shown, and must not wait for a listing's lock.
CREATE FUNCTION listings_photos_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM listings_draw(key) FROM (SELECT DISTINCT listing_id AS key FROM came ORDER BY 1) changed;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM listings_draw(key) FROM (SELECT DISTINCT listing_id AS key FROM gone ORDER BY 1) changed;
  ELSE
    PERFORM listings_draw(key) FROM (
      SELECT DISTINCT unnest(ARRAY[gone.listing_id, came.listing_id]) AS key FROM gone JOIN came USING (id)
      WHERE (gone.listing_id, gone.storage_key, gone.state, gone.position, gone.width, gone.height, gone.colour,
          gone.created_at)
        IS DISTINCT FROM (came.listing_id, came.storage_key, came.state, came.position, came.width, came.height,
          came.colour, came.created_at)
      ORDER BY 1) changed;
  END IF;
  RETURN NULL;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER listing_offered AFTER INSERT ON listings_listing
FOR EACH ROW EXECUTE FUNCTION listings_listing_changed();
CREATE TRIGGER listing_changed AFTER UPDATE ON listings_listing
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION listings_listing_changed();
CREATE TRIGGER photos_came AFTER INSERT ON listings_photo REFERENCING NEW TABLE AS came
FOR EACH STATEMENT EXECUTE FUNCTION listings_photos_changed();
CREATE TRIGGER photos_went AFTER DELETE ON listings_photo REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION listings_photos_changed();
CREATE TRIGGER photos_changed AFTER UPDATE ON listings_photo REFERENCING OLD TABLE AS gone NEW TABLE AS came
FOR EACH STATEMENT EXECUTE FUNCTION listings_photos_changed();
"""
UNDO = """
DROP TRIGGER photos_changed ON listings_photo;
DROP TRIGGER photos_went ON listings_photo;
DROP TRIGGER photos_came ON listings_photo;
DROP TRIGGER listing_changed ON listings_listing;
DROP TRIGGER listing_offered ON listings_listing;
DROP FUNCTION listings_photos_changed();
DROP FUNCTION listings_listing_changed();
DROP FUNCTION listings_draw_all();
DROP FUNCTION listings_draw(uuid);
DROP FUNCTION listings_drawn(listings_listing, boolean);
DROP FUNCTION listings_stamp(timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("listings", "0004_finding")]

    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="card",
                        serialize=False,
                        to="listings.listing",
                    ),
                ),
                ("seller_id", models.UUIDField()),
                ("body", models.TextField()),
            ],
        ),
        migrations.RunSQL(STAMP + DRAWN + DRAW + TRIGGERS, UNDO),
        migrations.RunSQL("SET LOCAL statement_timeout = 0; SELECT listings_draw_all();", migrations.RunSQL.noop),
    ]
