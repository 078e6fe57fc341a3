"""How much a person may hold unpaid, asked by both roads of an order: one buyer's orders are counted one after the other."""

from django.db import migrations

# Volatile: what stands after the lock sees what was committed while it waited, also inside a larger statement.
ROOM = """
CREATE FUNCTION orders_has_room(buyer uuid, most integer) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF most = 0 THEN
    RETURN true;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(buyer::text, 8));
  RETURN (SELECT count(*) FROM (
    SELECT FROM orders_order WHERE buyer_id = buyer AND state = 'created' LIMIT most) unpaid) < most;
END $$;
"""
UNDO = "DROP FUNCTION orders_has_room(uuid, integer);"


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_inbox_and_notices")]

    operations = [migrations.RunSQL(ROOM, UNDO)]
