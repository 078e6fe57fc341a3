"""A card holds what seldom changes; pieces, version and time of the last change are read from the listing beside it.

Those four columns are most of all changes: each order holds a piece. A card that had them was written anew for each.
"""

from importlib import import_module

from django.db import migrations, models

cards = import_module("listings.migrations.0005_cards")
lighter = import_module("listings.migrations.0009_lighter_cards")

# Three pieces of JSON: what stands before the number of pieces, before the time of the last change, before the version
PARTS = r"""
CREATE FUNCTION listings_parts(l listings_listing, is_own boolean, OUT head text, OUT middle text, OUT tail text)
LANGUAGE plpgsql STABLE AS $$
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
BEGIN
  head := '{' || listings_inside(row_to_json(item)) || ',"quantity":' FROM (
    SELECT l.id, l.seller_id, l.title, l.description, l.category_id, l.brand_id, l.price_cents, l.currency,
      l.condition) item;
  middle := ',' || listings_inside(row_to_json(item)) || ',"updated_at":"' FROM (
    SELECT l.is_active,
      CASE WHEN is_own THEN ST_Y(l.location::geometry) ELSE l.shown_latitude END AS latitude,
      CASE WHEN is_own THEN ST_X(l.location::geometry) ELSE l.shown_longitude END AS longitude,
      l.price_suggestion_used, l.quick_view_enabled, listings_stamp(l.created_at) AS created_at) item;
  tail := '",' || replace(replace(replace(listings_inside(row_to_json(item)),
      '"image_url":"', E'"image_url":"\x01'), '"300" : "', E'"300" : "\x01'), '"800" : "', E'"800" : "\x01')
    || ',"version":' FROM (SELECT pictures AS photos, l.state) item;
END $$;
"""
INSIDE = """
CREATE FUNCTION listings_inside(item json) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN substr(item::text, 2, length(item::text) - 2);
"""
DRAWN = """
CREATE OR REPLACE FUNCTION listings_drawn(l listings_listing, is_own boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  part record := listings_parts(l, is_own);
BEGIN
  RETURN part.head || (l.quantity - l.reserved - l.sold) || part.middle || listings_stamp(l.updated_at) || part.tail
    || l.version;
END $$;
"""
_WRITTEN = """
  INSERT INTO listings_card (listing_id, seller_id, head, middle, tail)
  SELECT l.id, l.seller_id, part.head, part.middle, part.tail FROM {source}, listings_parts(l, false) part {where}
  ON CONFLICT (listing_id) DO UPDATE SET seller_id = excluded.seller_id, head = excluded.head,
    middle = excluded.middle, tail = excluded.tail;
"""
DRAW = f"""
CREATE OR REPLACE FUNCTION listings_draw(key uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM listings_card WHERE listing_id = key FOR NO KEY UPDATE;
  {_WRITTEN.format(source="listings_listing l", where="WHERE l.id = key")}
END $$;
CREATE OR REPLACE FUNCTION listings_draw_all() RETURNS void LANGUAGE sql AS $$
  {_WRITTEN.format(source="listings_listing l", where="")}
$$;
CREATE OR REPLACE FUNCTION listings_listings_offered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_WRITTEN.format(source="came JOIN listings_listing l USING (id)", where="")}
  RETURN NULL;
END $$;
"""  # noqa: S608 - only names of ours

SHOWN = (
    *("seller_id", "title", "description", "category_id", "brand_id", "price_cents", "currency", "condition"),
    *("is_active", "shown_latitude", "shown_longitude", "price_suggestion_used", "quick_view_enabled"),
    *("created_at", "state"),
)
# What these are made of. PostgreSQL reads a condition anew for each statement, so a list of columns comes first
WRITTEN = (
    *("seller_id", "title", "description", "category_id", "brand_id", "price_cents", "currency", "condition"),
    *("state", "hidden_at", "removed_at", "seller_is_active", "location", "price_suggestion_used"),
    *("quick_view_enabled", "created_at"),
)
_BEFORE, _AFTER = (", ".join(f"{row}.{column}" for column in SHOWN) for row in ("OLD", "NEW"))
CHANGED = f"""
{lighter.CHANGED_BEFORE}
DROP TRIGGER listing_changed ON listings_listing;
CREATE TRIGGER listing_changed AFTER UPDATE OF {", ".join(WRITTEN)} ON listings_listing FOR EACH ROW
  WHEN (({_BEFORE}) IS DISTINCT FROM ({_AFTER})) EXECUTE FUNCTION listings_listing_changed();
"""

BEFORE = f"""
SET LOCAL check_function_bodies = off;
DROP TRIGGER listing_changed ON listings_listing;
CREATE TRIGGER listing_changed AFTER UPDATE ON listings_listing
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION listings_listing_changed();
{lighter.CHANGED}
{cards.DRAWN.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
{cards.DRAW.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
{lighter.OFFERED.partition("DROP TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
DROP FUNCTION listings_parts(listings_listing, boolean);
DROP FUNCTION listings_inside(json);
"""
ALL_ANEW = "SET LOCAL statement_timeout = 0; SELECT listings_draw_all();"


class Migration(migrations.Migration):
    dependencies = [("listings", "0009_lighter_cards")]

    operations = [
        migrations.RunSQL("DELETE FROM listings_card", ALL_ANEW),
        migrations.RunSQL(INSIDE + PARTS + DRAWN, migrations.RunSQL.noop),
        migrations.RemoveField("card", "body"),
        *(
            migrations.AddField("card", name, models.TextField(default=""), preserve_default=False)
            for name in ("head", "middle", "tail")
        ),
        migrations.RunSQL(DRAW + CHANGED, BEFORE),
        migrations.RunSQL(ALL_ANEW, "DELETE FROM listings_card"),
    ]
