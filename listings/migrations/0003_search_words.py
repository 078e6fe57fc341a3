"""The word index keeps itself: whoever writes a listing, by whatever road, the database adds its words."""

from django.db import migrations

TRIGGER = """
CREATE FUNCTION listings_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search := listings_vector(
    NEW.title,
    concat_ws(' ', (SELECT name FROM listings_brand WHERE id = NEW.brand_id),
                   (SELECT name FROM listings_category WHERE id = NEW.category_id)),
    NEW.description);
  RETURN NEW;
END $$;
CREATE TRIGGER listing_words BEFORE INSERT OR UPDATE OF title, description, brand_id, category_id
ON listings_listing FOR EACH ROW EXECUTE FUNCTION listings_keep_words();
"""
DROP_TRIGGER = """
DROP TRIGGER listing_words ON listings_listing;
DROP FUNCTION listings_keep_words();
"""


class Migration(migrations.Migration):
    dependencies = [("listings", "0002_things")]

    operations = [migrations.RunSQL(TRIGGER, DROP_TRIGGER)]
