"""What follows a change of a listing's words is asked for by such a change alone, and pages keep room for the next one.

While a table has a trigger before its updates, PostgreSQL computes all its generated columns anew with each: the plain
title and the shown place of a listing whose piece was held took longer than holding it. So words are kept afterwards.
A condition is read anew for each statement, which takes longer than to find that none of its columns is written. A row
that finds room on its page needs no new entries in a dozen indexes.
"""

from importlib import import_module

from django.db import migrations

words = import_module("listings.migrations.0003_search_words")
fresh = import_module("listings.migrations.0007_fresh_words")
STAYS_FRESH = "CREATE TRIGGER listing_stays_fresh " + fresh.KEEP.partition("CREATE TRIGGER listing_stays_fresh ")[2]
WRITTEN_OF_FRESH = (
    *("state", "hidden_at", "removed_at", "seller_is_active", "created_at", "price_cents", "category_id", "brand_id"),
    *("condition", "search"),
)

AFTERWARDS = """
DROP TRIGGER listing_words ON listings_listing;
CREATE FUNCTION listings_words(l listings_listing) RETURNS tsvector LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN listings_vector(
    l.title,
    concat_ws(' ', (SELECT name FROM listings_brand WHERE id = l.brand_id),
                   (SELECT name FROM listings_category WHERE id = l.category_id)),
    l.description);
END $$;
CREATE OR REPLACE FUNCTION listings_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search := listings_words(NEW);
  RETURN NEW;
END $$;
CREATE TRIGGER listing_words BEFORE INSERT ON listings_listing
FOR EACH ROW EXECUTE FUNCTION listings_keep_words();

CREATE FUNCTION listings_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  words tsvector := listings_words(NEW);
BEGIN
  UPDATE listings_listing SET search = words WHERE id = NEW.id AND search IS DISTINCT FROM words;
  RETURN NULL;
END $$;
-- Its name comes last, so that what follows the change of words has the last word. Who writes `search` is corrected
CREATE TRIGGER words_kept AFTER UPDATE OF title, description, brand_id, category_id, search
  ON listings_listing FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.brand_id, OLD.category_id, OLD.search)
    IS DISTINCT FROM (NEW.title, NEW.description, NEW.brand_id, NEW.category_id, NEW.search))
  EXECUTE FUNCTION listings_words_changed();
"""
BEFORE = f"""
DROP TRIGGER words_kept ON listings_listing;
DROP FUNCTION listings_words_changed();
DROP TRIGGER listing_words ON listings_listing;
DROP FUNCTION listings_keep_words();
DROP FUNCTION listings_words(listings_listing);
{words.TRIGGER}
"""
FRESH = f"""
DROP TRIGGER listing_stays_fresh ON listings_listing;
{STAYS_FRESH.replace("AFTER UPDATE", f"AFTER UPDATE OF {', '.join(WRITTEN_OF_FRESH)}")}
"""
FRESH_BEFORE = f"""
DROP TRIGGER listing_stays_fresh ON listings_listing;
{STAYS_FRESH}
"""


class Migration(migrations.Migration):
    dependencies = [("listings", "0010_stock_beside_cards")]

    operations = [
        migrations.RunSQL(AFTERWARDS, BEFORE),
        migrations.RunSQL(FRESH, FRESH_BEFORE),
        migrations.RunSQL(
            "ALTER TABLE listings_listing SET (fillfactor = 80)", "ALTER TABLE listings_listing RESET (fillfactor)"
        ),
    ]
