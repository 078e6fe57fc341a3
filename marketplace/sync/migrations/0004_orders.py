"""Stamps of orders, for both parties, and of what these say of each other."""

from django.db import migrations

from marketplace.sync.migrations._stamping import kept, not_emptied, on_delete, on_insert, on_update, stamp, undone

PARTIES = "CROSS JOIN LATERAL (VALUES ({0}.buyer_id), ({0}.seller_id)) party (id)"
SEEN = (
    *("buyer_id", "seller_id", "listing_id", "total_cents", "currency", "status", "created_at", "updated_at"),
    *("quantity", "unit_price_cents", "release_cents", "fee_bps", "fee_min_cents", "fee_max_cents", "state", "version"),
    *("client_id", "tracking_number"),
)
CAME = on_insert(
    "orders_order", stamp(f"SELECT 4, o.id, party.id, false FROM came o {PARTIES.format('o')} ORDER BY 2, 3")
)
ORDERS = (
    CAME
    + on_update(
        "orders_order",
        stamp("VALUES (4, NEW.id, NEW.buyer_id, false), (4, NEW.id, NEW.seller_id, false)"),
        seen=SEEN,
    )
    + on_delete(
        "orders_order",
        stamp(f"SELECT 4, o.id, party.id, true FROM gone o {PARTIES.format('o')} ORDER BY 2, 3"),
    )
    + kept("orders_order")
)


def of_orders(changed: str) -> str:
    return stamp(
        f"SELECT 4, o.id, party.id, false FROM orders_order o {PARTIES.format('o')}"
        f" WHERE o.id IN ({changed}) ORDER BY 2, 3"
    )


ESCROWS = (
    on_insert("orders_escrow", of_orders("SELECT order_id FROM came"))
    + on_update("orders_escrow", of_orders("OLD.order_id, NEW.order_id"), seen=("id", "order_id"))
    + on_delete("orders_escrow", of_orders("SELECT order_id FROM gone"))
    + not_emptied("orders_escrow")
)

# The second review of an order publishes the first. Of two written at once, each would see only itself: so they come
# one after the other. That one is published by time alone is found out by who asks.
REVIEWED = "CROSS JOIN LATERAL (VALUES (r.rater_id), (r.ratee_id)) party (id)"
OF_THE_SAME_ORDER = """
PERFORM FROM orders_order WHERE id IN (SELECT order_id FROM {0}) ORDER BY id FOR NO KEY UPDATE;
""" + stamp(
    f"SELECT 9, r.id, party.id, false FROM orders_review r {REVIEWED}"
    " WHERE r.order_id IN (SELECT order_id FROM {0}) ORDER BY 2, 3"
)
REVIEWS = (
    on_insert("orders_review", OF_THE_SAME_ORDER.format("came"))
    + on_update(
        "orders_review",
        stamp("VALUES (9, NEW.id, NEW.rater_id, false), (9, NEW.id, NEW.ratee_id, false)"),
        seen=("order_id", "rater_id", "ratee_id", "ratee_was", "rating", "comment", "created_at"),
    )
    + on_delete(
        "orders_review",
        OF_THE_SAME_ORDER.format("gone")
        + stamp(f"SELECT 9, r.id, party.id, true FROM gone r {REVIEWED} ORDER BY 2, 3"),
    )
    + kept("orders_review")
)
BACKFILL = (
    "SET LOCAL statement_timeout = 0;"
    + stamp(f"SELECT 4, o.id, party.id, false FROM orders_order o {PARTIES.format('o')} ORDER BY 2, 3")
    + stamp(f"SELECT 9, r.id, party.id, false FROM orders_review r {REVIEWED} ORDER BY 2, 3")
)


class Migration(migrations.Migration):
    dependencies = [("sync", "0003_notifications"), ("orders", "0007_deliveries")]

    operations = [
        migrations.RunSQL(ORDERS + ESCROWS + REVIEWS, undone("orders_order", "orders_escrow", "orders_review")),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
