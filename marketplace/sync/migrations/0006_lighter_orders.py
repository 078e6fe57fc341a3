"""Stamps of an order by row, and of a listing whose pieces move, with less work.

Orders come one by one, and nobody else can have a stamp of a new one: neither a transition table nor an order of writing
is needed for them. A trigger before the update of a listing makes PostgreSQL compute all its generated columns anew.
Its condition, read anew for each statement, took as long as the stamp, and the function keeps its own at hand.
"""

from importlib import import_module

from django.db import migrations

from marketplace.sync.migrations._stamping import stamp

things = import_module("marketplace.sync.migrations.0002_things")
orders = import_module("marketplace.sync.migrations.0004_orders")

_DROPPED = """
DROP TRIGGER sync_came ON orders_order;
DROP FUNCTION sync_orders_order_came();
"""
CAME = f"""{_DROPPED}
CREATE FUNCTION sync_orders_order_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {stamp("VALUES (4, NEW.id, NEW.buyer_id, false), (4, NEW.id, NEW.seller_id, false)")}
  RETURN NULL;
END $$;
CREATE TRIGGER sync_came AFTER INSERT ON orders_order FOR EACH ROW EXECUTE FUNCTION sync_orders_order_came();
"""
CAME_BEFORE = _DROPPED + orders.CAME

_KEPT = """
DROP TRIGGER sync_key_kept ON listings_listing;
CREATE TRIGGER sync_key_kept {when} UPDATE OF id ON listings_listing FOR EACH ROW
  WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION common_refuse_change();
"""

_BEFORE, _AFTER = (", ".join(f"{row}.{column}" for column in things.LISTING_SEEN) for row in ("OLD", "NEW"))
_CHANGED = """
DROP TRIGGER sync_changed ON listings_listing;
DROP FUNCTION sync_listings_listing_changed();
"""
CHANGED = f"""{_CHANGED}
CREATE FUNCTION sync_listings_listing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ({_BEFORE}) IS NOT DISTINCT FROM ({_AFTER}) THEN
    RETURN NULL;
  END IF;
  {things.LISTING_CHANGED}
  RETURN NULL;
END $$;
CREATE TRIGGER sync_changed AFTER UPDATE ON listings_listing
FOR EACH ROW EXECUTE FUNCTION sync_listings_listing_changed();
"""
CHANGED_BEFORE = _CHANGED + things.on_update("listings_listing", things.LISTING_CHANGED, seen=things.LISTING_SEEN)


class Migration(migrations.Migration):
    dependencies = [("sync", "0005_talk"), ("listings", "0011_words_afterwards")]

    operations = [
        migrations.RunSQL(CAME, CAME_BEFORE),
        migrations.RunSQL(CHANGED, CHANGED_BEFORE),
        migrations.RunSQL(_KEPT.format(when="AFTER"), _KEPT.format(when="BEFORE")),
    ]
