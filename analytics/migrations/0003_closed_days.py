"""Triggers of listings and orders that fire for what touches the past; what is made or moved today passes them by.

See docs/decisions/0019-rollups.md.
"""

from typing import ClassVar

from django.db import migrations

# An id of ours begins with the milliseconds at which it was made: the key is also an index of when
TIMES = """
CREATE FUNCTION analytics_first_id(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(greatest(floor(extract(epoch FROM at) * 1000), 0)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
CREATE FUNCTION analytics_is_stray(id uuid, at timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT NOT (id >= analytics_first_id(at - interval '1 hour') AND id < analytics_first_id(at + interval '1 hour'))
$$;
"""

REOPEN = """
CREATE FUNCTION analytics_reopen(things text, at timestamptz, is_stray boolean) RETURNS void LANGUAGE sql AS $$
  INSERT INTO analytics_day (of, day, is_closed, has_strays)
  VALUES (things, (at AT TIME ZONE 'UTC')::date, false, is_stray)
  ON CONFLICT (of, day) DO UPDATE
  SET is_closed = false, has_strays = analytics_day.has_strays OR excluded.has_strays
$$;
CREATE FUNCTION analytics_past_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM analytics_reopen(TG_ARGV[0], OLD.created_at, false);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM analytics_reopen(TG_ARGV[0], NEW.created_at, analytics_is_stray(NEW.id, NEW.created_at));
  END IF;
  RETURN NULL;
END $$;
-- Listings of the past come by the thousands, over several connections: each day is opened once, the earliest first
CREATE FUNCTION analytics_listings_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO analytics_day (of, day, is_closed, has_strays)
  SELECT 'listings', (created_at AT TIME ZONE 'UTC')::date, false, bool_or(analytics_is_stray(id, created_at)) FROM came
  WHERE created_at NOT BETWEEN now() - interval '30 minutes' AND now() + interval '30 minutes'
  GROUP BY 2 ORDER BY 2
  ON CONFLICT (of, day) DO UPDATE
  SET is_closed = false, has_strays = analytics_day.has_strays OR excluded.has_strays;
  IF FOUND THEN
    INSERT INTO analytics_movedlisting (listing_id) SELECT id FROM came
    WHERE created_at NOT BETWEEN now() - interval '30 minutes' AND now() + interval '30 minutes';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION analytics_listing_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO analytics_movedlisting (listing_id) VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END);
  RETURN NULL;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER listing_made_at_another_time AFTER INSERT ON listings_listing REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION analytics_listings_came();
CREATE TRIGGER listing_of_the_past_changed AFTER UPDATE OF category_id, created_at ON listings_listing FOR EACH ROW
  WHEN (OLD.category_id IS DISTINCT FROM NEW.category_id OR OLD.created_at IS DISTINCT FROM NEW.created_at)
  EXECUTE FUNCTION analytics_past_touched('listings');
CREATE TRIGGER listing_of_the_past_gone AFTER DELETE ON listings_listing FOR EACH ROW
  EXECUTE FUNCTION analytics_past_touched('listings');
CREATE TRIGGER listing_moved AFTER UPDATE OF category_id ON listings_listing FOR EACH ROW
  WHEN (OLD.category_id IS DISTINCT FROM NEW.category_id)
  EXECUTE FUNCTION analytics_listing_moved();
CREATE TRIGGER listing_gone AFTER DELETE ON listings_listing FOR EACH ROW
  EXECUTE FUNCTION analytics_listing_moved();
CREATE TRIGGER order_made_at_another_time AFTER INSERT ON orders_order FOR EACH ROW
  WHEN (NEW.created_at NOT BETWEEN now() - interval '30 minutes' AND now() + interval '30 minutes')
  EXECUTE FUNCTION analytics_past_touched('orders');
CREATE TRIGGER order_of_the_past_changed AFTER UPDATE OF status, total_cents, created_at ON orders_order FOR EACH ROW
  WHEN (OLD.created_at IS DISTINCT FROM NEW.created_at
    OR (OLD.state IN ('completed', 'refunded', 'cancelled', 'expired')
        AND (OLD.status, OLD.total_cents) IS DISTINCT FROM (NEW.status, NEW.total_cents)))
  EXECUTE FUNCTION analytics_past_touched('orders');
CREATE TRIGGER order_of_the_past_gone AFTER DELETE ON orders_order FOR EACH ROW
  EXECUTE FUNCTION analytics_past_touched('orders');
"""
DROP_TRIGGERS = """
DROP TRIGGER order_of_the_past_gone ON orders_order;
DROP TRIGGER order_of_the_past_changed ON orders_order;
DROP TRIGGER order_made_at_another_time ON orders_order;
DROP TRIGGER listing_gone ON listings_listing;
DROP TRIGGER listing_moved ON listings_listing;
DROP TRIGGER listing_of_the_past_gone ON listings_listing;
DROP TRIGGER listing_of_the_past_changed ON listings_listing;
DROP TRIGGER listing_made_at_another_time ON listings_listing;
"""

# What was there before the triggers
STRAYS = """
INSERT INTO analytics_day (of, day, is_closed, has_strays)
SELECT 'listings', (created_at AT TIME ZONE 'UTC')::date, false, true FROM listings_listing
WHERE analytics_is_stray(id, created_at) GROUP BY 2
UNION ALL
SELECT 'orders', (created_at AT TIME ZONE 'UTC')::date, false, true FROM orders_order
WHERE analytics_is_stray(id, created_at) GROUP BY 2
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("analytics", "0002_rollups"),
        ("listings", "0002_things"),
        ("orders", "0002_guards"),
    ]

    operations: ClassVar = [
        migrations.RunSQL(
            TIMES, "DROP FUNCTION analytics_is_stray(uuid, timestamptz); DROP FUNCTION analytics_first_id(timestamptz)"
        ),
        migrations.RunSQL(
            REOPEN,
            "DROP FUNCTION analytics_listing_moved(); DROP FUNCTION analytics_listings_came();"
            " DROP FUNCTION analytics_past_touched();"
            " DROP FUNCTION analytics_reopen(text, timestamptz, boolean)",
        ),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
        migrations.RunSQL(STRAYS, migrations.RunSQL.noop),
    ]
