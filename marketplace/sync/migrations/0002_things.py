"""Stamps of categories, brands, listings with their pictures, and favourites."""

from django.db import migrations

from marketplace.sync.migrations._stamping import (
    PUBLIC,
    kept,
    not_emptied,
    on_delete,
    on_insert,
    on_update,
    stamp,
    undone,
)


def catalog(table: str, kind: int, *seen: str) -> str:
    """What is hidden, and was, nobody has a copy of."""
    return (
        on_insert(table, stamp(f"SELECT {kind}, id, {PUBLIC}, false FROM came WHERE NOT is_hidden ORDER BY id"))
        + on_update(
            table,
            stamp(f"VALUES ({kind}, NEW.id, {PUBLIC}, false)"),
            seen=(*seen, "is_hidden"),
            also="NOT (OLD.is_hidden AND NEW.is_hidden)",
        )
        + on_delete(table, stamp(f"SELECT {kind}, id, {PUBLIC}, true FROM gone WHERE NOT is_hidden ORDER BY id"))
        + kept(table)
    )


CATALOGS = catalog("listings_category", 1, "slug", "name", "parent_id") + catalog(
    "listings_brand", 2, "slug", "name", "category_id"
)

# As `ListingQuerySet.visible_to` has it: what strangers see is everybody's, the rest its seller's alone. So the name
# of a draft reaches nobody else, and what is hidden reaches all who could see it.
PUBLIC_LISTING = (
    "{0}.removed_at IS NULL AND {0}.state IN ('live', 'sold') AND {0}.hidden_at IS NULL AND {0}.seller_is_active"
)
LISTING_SCOPE = "CASE WHEN " + PUBLIC_LISTING + f" THEN {PUBLIC} ELSE " + "{0}.seller_id END"
LISTING_SEEN = (
    *("seller_id", "title", "description", "category_id", "brand_id", "price_cents", "currency", "condition"),
    *("quantity", "reserved", "sold", "location", "price_suggestion_used", "quick_view_enabled", "state"),
    *("hidden_at", "removed_at", "seller_is_active", "version", "created_at", "updated_at"),
)
LISTING_CHANGED = f"""
IF {PUBLIC_LISTING.format("NEW")} OR NOT ({PUBLIC_LISTING.format("OLD")}) THEN
  {stamp(f"SELECT 3, NEW.id, {LISTING_SCOPE.format('NEW')}, false")}
ELSE
  {stamp(f"VALUES (3, NEW.id, {PUBLIC}, false), (3, NEW.id, NEW.seller_id, false)")}
END IF;
IF NEW.seller_id <> OLD.seller_id THEN
  {stamp("VALUES (3, NEW.id, OLD.seller_id, true), (3, NEW.id, NEW.seller_id, false)")}
END IF;
"""
LISTINGS = (
    on_insert(
        "listings_listing", stamp(f"SELECT 3, l.id, {LISTING_SCOPE.format('l')}, false FROM came l ORDER BY l.id")
    )
    + on_update("listings_listing", LISTING_CHANGED, seen=LISTING_SEEN)
    + on_delete(
        "listings_listing", stamp(f"SELECT 3, l.id, {LISTING_SCOPE.format('l')}, true FROM gone l ORDER BY l.id")
    )
    + kept("listings_listing")
)


def of_listings(changed: str) -> str:
    return stamp(
        f"SELECT 3, l.id, {LISTING_SCOPE.format('l')}, false FROM listings_listing l"
        f" WHERE l.id IN ({changed}) ORDER BY l.id"
    )


# What the worker notes while it has a picture in hand is seen by nobody
PHOTO_SEEN = ("listing_id", "storage_key", "state", "position", "width", "height", "colour", "created_at")
PHOTOS = (
    on_insert("listings_photo", of_listings("SELECT listing_id FROM came"))
    + on_update("listings_photo", of_listings("OLD.listing_id, NEW.listing_id"), seen=PHOTO_SEEN)
    + on_delete("listings_photo", of_listings("SELECT listing_id FROM gone"))
    + not_emptied("listings_photo")
)

FAVOURITES = (
    on_insert(
        "listings_favourite",
        stamp("SELECT 10, listing_id, user_id, false FROM came ORDER BY listing_id, user_id"),
    )
    + on_update(
        "listings_favourite",
        stamp("VALUES (10, OLD.listing_id, OLD.user_id, true)")
        + stamp("VALUES (10, NEW.listing_id, NEW.user_id, false)"),
        seen=("listing_id", "user_id", "created_at"),
    )
    + on_delete(
        "listings_favourite",
        stamp("SELECT 10, listing_id, user_id, true FROM gone ORDER BY listing_id, user_id"),
    )
    + kept("listings_favourite")
)

TABLES = ("listings_category", "listings_brand", "listings_listing", "listings_photo", "listings_favourite")
BACKFILL = (
    "SET LOCAL statement_timeout = 0;"
    + stamp(f"SELECT 1, id, {PUBLIC}, false FROM listings_category WHERE NOT is_hidden ORDER BY id")
    + stamp(f"SELECT 2, id, {PUBLIC}, false FROM listings_brand WHERE NOT is_hidden ORDER BY id")
    + stamp(f"SELECT 3, l.id, {LISTING_SCOPE.format('l')}, false FROM listings_listing l ORDER BY l.id")
    + stamp("SELECT 10, listing_id, user_id, false FROM listings_favourite ORDER BY listing_id, user_id")
)


class Migration(migrations.Migration):
    dependencies = [("sync", "0001_stamps"), ("listings", "0009_lighter_cards")]

    operations = [
        migrations.RunSQL(CATALOGS + LISTINGS + PHOTOS + FAVOURITES, undone(*TABLES)),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
