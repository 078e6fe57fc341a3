"""Cards written with less work: many listings offered by one statement together, and a held piece as three numbers.

The columns of an order's hold (`reserved`, `sold`, `version`, `updated_at`) are most of all changes, and of a card they
are three values. A key followed by its colon stands in no JSON string, so nobody's words are taken for one of them.
"""

from django.db import migrations

OFFERED = """
CREATE FUNCTION listings_listings_offered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO listings_card (listing_id, seller_id, body)
  SELECT l.id, l.seller_id, listings_drawn(l, false) FROM came JOIN listings_listing l USING (id)
  ON CONFLICT (listing_id) DO UPDATE SET seller_id = excluded.seller_id, body = excluded.body;
  RETURN NULL;
END $$;
DROP TRIGGER listing_offered ON listings_listing;
CREATE TRIGGER listing_offered AFTER INSERT ON listings_listing REFERENCING NEW TABLE AS came
FOR EACH STATEMENT EXECUTE FUNCTION listings_listings_offered();
"""
OFFERED_BEFORE = """
DROP TRIGGER listing_offered ON listings_listing;
CREATE TRIGGER listing_offered AFTER INSERT ON listings_listing
FOR EACH ROW EXECUTE FUNCTION listings_listing_changed();
DROP FUNCTION listings_listings_offered();
"""

# A card without the old numbers is not what it should be, and is drawn
CHANGED = """
CREATE OR REPLACE FUNCTION listings_listing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  rest listings_listing := NEW;
  was text[] := ARRAY['"quantity":' || OLD.quantity - OLD.reserved - OLD.sold || ',',
    '"updated_at":"' || listings_stamp(OLD.updated_at) || '"', '"version":' || OLD.version];
BEGIN
  rest.reserved := OLD.reserved;
  rest.sold := OLD.sold;
  rest.version := OLD.version;
  rest.updated_at := OLD.updated_at;
  IF rest IS NOT DISTINCT FROM OLD THEN
    UPDATE listings_card SET body = replace(replace(replace(body,
      was[1], '"quantity":' || NEW.quantity - NEW.reserved - NEW.sold || ','),
      was[2], '"updated_at":"' || listings_stamp(NEW.updated_at) || '"'),
      was[3], '"version":' || NEW.version)
    WHERE listing_id = NEW.id AND strpos(body, was[1]) > 0 AND strpos(body, was[2]) > 0
      AND right(body, length(was[3])) = was[3];
    IF FOUND THEN
      RETURN NULL;
    END IF;
  END IF;
  PERFORM listings_draw(NEW.id);
  RETURN NULL;
END $$;
"""
CHANGED_BEFORE = """
CREATE OR REPLACE FUNCTION listings_listing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM listings_draw(NEW.id);
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("listings", "0008_plain_sooner")]

    operations = [
        migrations.RunSQL(OFFERED, OFFERED_BEFORE),
        migrations.RunSQL(CHANGED, CHANGED_BEFORE),
    ]
