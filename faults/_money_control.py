"""The check of the check: what no program of ours can do to the books is done to them by hand, and must be found."""

from __future__ import annotations

from _money_books import Connection, choose, connected, found
from _money_drill import Drill
from _stack import size

OF_ONE = "(SELECT id FROM chosen ORDER BY id LIMIT 1)"
A_KEY = f"(SELECT key FROM orders_operation WHERE kind = '{{}}' AND order_id = {OF_ONE})"
SAME_RECORD = "operation_id, order_id, kind, amount_cents, currency, destination, state, code, calls, expires_at"

TAMPERINGS = {
    "a payout that nobody asked for": f"""INSERT INTO orders_simulatorrecord (id, key, {SAME_RECORD})
      SELECT gen_random_uuid(), key || 'x', {SAME_RECORD} FROM orders_simulatorrecord
      WHERE key = {A_KEY.format("transfer")}""",
    "a payment that was made twice": f"""INSERT INTO orders_simulatorrecord (id, key, {SAME_RECORD})
      SELECT gen_random_uuid(), key || 'x', {SAME_RECORD} FROM orders_simulatorrecord
      WHERE key = {A_KEY.format("authorize")}""",
    "a payout that was never made": f"DELETE FROM orders_simulatorrecord WHERE key = {A_KEY.format('transfer')}",
    "another amount at the provider": f"""UPDATE orders_simulatorrecord SET amount_cents = amount_cents - 1
      WHERE key = {A_KEY.format("capture")}""",
    "a booking that is lost": f"""DELETE FROM orders_posting WHERE transaction_id =
      (SELECT id FROM orders_ledgertransaction WHERE source = {A_KEY.format("transfer")})""",
    "a cent that appears": f"""UPDATE orders_posting SET amount = amount + 1 WHERE id =
      (SELECT max(p.id) FROM orders_posting p JOIN orders_ledgertransaction t ON t.id = p.transaction_id
       WHERE t.source = {A_KEY.format("capture")})""",
    "a balance that was written over": f"""UPDATE orders_account SET balance = balance + 1
      WHERE code = 'escrow:' || {OF_ONE}""",
    "a request that is open again": f"""UPDATE orders_operation SET state = 'unknown', due_at = now()
      WHERE key = {A_KEY.format("transfer")}""",
    "a request that was never answered": f"""UPDATE orders_operation SET state = 'failed'
      WHERE key = {A_KEY.format("capture")}""",
    "a state without a step": f"UPDATE orders_order SET state = 'refunded' WHERE id = {OF_ONE}",
    "a share that nobody decided": f"UPDATE orders_order SET release_cents = release_cents - 1 WHERE id = {OF_ONE}",
    "a step that is lost": f"DELETE FROM orders_orderevent WHERE version = 2 AND order_id = {OF_ONE}",
    "a step that is not allowed": f"""UPDATE orders_orderevent SET party = 'system', actor_id = NULL
      WHERE step = 'confirm' AND order_id = {OF_ONE}""",
    "a step that nobody was told of": f"DELETE FROM told WHERE version = 3 AND id = {OF_ONE}",
    "pieces that are free again": f"UPDATE orders_stockhold SET state = 'released' WHERE order_id = {OF_ONE}",
    "a piece that was sold twice": """UPDATE listings_listing SET sold = sold + 1
      WHERE id IN (SELECT listing_id FROM orders_order JOIN chosen USING (id))""",
}


def shows_everything(drill: Drill) -> None:
    orders = drill.shop.orders(size(10, 2), "transfer")
    drill.check(orders, drill.work_off(orders))
    with connected() as connection:
        choose(connection, orders)
        missed = [name for name, statement in TAMPERINGS.items() if not is_noticed(connection, statement)]
    drill.tally.expect(f"of {len(TAMPERINGS)} ways to falsify the books, not noticed", missed, [])


def is_noticed(connection: Connection, statement: str) -> bool:
    """With the guards off, in a transaction that is taken back."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL session_replication_role = replica")
        changed = connection.execute(statement.encode()).rowcount
        return changed > 0 and bool(found(connection))
