"""What no program may do to money, whatever its mistakes: kept by the database itself."""

from django.db import migrations

# Numbered without a gap and chained: whoever changes or drops a step breaks every hash after it.
EVENTS = """
CREATE FUNCTION orders_event_hash(prev bytea, e orders_orderevent) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(prev || convert_to(concat_ws('|', e.order_id, e.version, e.step, e.from_state, e.to_state,
    e.from_status, e.to_status, e.party, e.actor_id, e.reason, e.facts::text,
    to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'UTF8'))
$$;

CREATE FUNCTION orders_chain_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last record;
BEGIN
  SELECT version, hash INTO last FROM orders_orderevent WHERE order_id = NEW.order_id ORDER BY version DESC LIMIT 1;
  IF NEW.version <> coalesce(last.version, 0) + 1 THEN
    RAISE EXCEPTION 'event % of order % does not follow %', NEW.version, NEW.order_id, coalesce(last.version, 0)
      USING ERRCODE = 'restrict_violation';
  END IF;
  NEW.hash := orders_event_hash(coalesce(last.hash, ''::bytea), NEW);
  RETURN NEW;
END $$;
CREATE TRIGGER order_event_chained BEFORE INSERT ON orders_orderevent
  FOR EACH ROW EXECUTE FUNCTION orders_chain_event();
CREATE TRIGGER order_event_append_only BEFORE UPDATE OR DELETE ON orders_orderevent
  FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
"""
DROP_EVENTS = """
DROP TRIGGER order_event_append_only ON orders_orderevent;
DROP TRIGGER order_event_chained ON orders_orderevent;
DROP FUNCTION orders_chain_event();
DROP FUNCTION orders_event_hash(bytea, orders_orderevent);
"""

# What was agreed stays agreed, an end is the end, and a state never changes without its event.
ORDERS = """
CREATE FUNCTION orders_guard_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.buyer_id, NEW.seller_id, NEW.listing_id, NEW.quantity, NEW.unit_price_cents, NEW.total_cents, NEW.currency,
      NEW.fee_bps, NEW.fee_min_cents, coalesce(NEW.fee_max_cents, -1), NEW.listing_as_bought)
     IS DISTINCT FROM
     (OLD.buyer_id, OLD.seller_id, OLD.listing_id, OLD.quantity, OLD.unit_price_cents, OLD.total_cents, OLD.currency,
      OLD.fee_bps, OLD.fee_min_cents, coalesce(OLD.fee_max_cents, -1), OLD.listing_as_bought) THEN
    RAISE EXCEPTION 'what was agreed in order % cannot change', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.state <> OLD.state THEN
    IF OLD.state IN ('completed', 'refunded', 'cancelled', 'expired') THEN
      RAISE EXCEPTION 'order % is over', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
      RAISE EXCEPTION 'order % changes its state without a step', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER order_guarded BEFORE UPDATE ON orders_order FOR EACH ROW EXECUTE FUNCTION orders_guard_order();
CREATE TRIGGER order_kept BEFORE DELETE ON orders_order FOR EACH ROW EXECUTE FUNCTION common_refuse_change();

CREATE FUNCTION orders_check_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state IN ('completed', 'refunded', 'cancelled', 'expired') THEN
    IF EXISTS (SELECT FROM orders_stockhold WHERE order_id = NEW.id AND state = 'held') THEN
      RAISE EXCEPTION 'order % ends and still holds pieces', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM orders_account WHERE balance <> 0
               AND code IN ('escrow:' || NEW.id, 'memo.hold:' || NEW.id)) THEN
      RAISE EXCEPTION 'order % ends and still holds money', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM orders_operation WHERE order_id = NEW.id AND due_at IS NOT NULL) THEN
      RAISE EXCEPTION 'order % ends and still waits for an answer', NEW.id USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF NOT EXISTS (SELECT FROM orders_orderevent WHERE order_id = NEW.id AND version = NEW.version
                 AND to_state = NEW.state) THEN
    RAISE EXCEPTION 'version % of order % has no event', NEW.version, NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_ends_clean AFTER INSERT OR UPDATE OF state ON orders_order
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_check_end();

CREATE FUNCTION orders_guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'held' OR (NEW.order_id, NEW.listing_id, NEW.quantity) <> (OLD.order_id, OLD.listing_id, OLD.quantity)
  THEN
    RAISE EXCEPTION 'the pieces of order % are not held any more', OLD.order_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stock_hold_guarded BEFORE UPDATE ON orders_stockhold
  FOR EACH ROW EXECUTE FUNCTION orders_guard_hold();
"""
DROP_ORDERS = """
DROP TRIGGER stock_hold_guarded ON orders_stockhold;
DROP FUNCTION orders_guard_hold();
DROP TRIGGER order_ends_clean ON orders_order;
DROP FUNCTION orders_check_end();
DROP TRIGGER order_kept ON orders_order;
DROP TRIGGER order_guarded ON orders_order;
DROP FUNCTION orders_guard_order();
"""

LEDGER = """
CREATE FUNCTION orders_apply_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE orders_account SET balance = balance + NEW.amount WHERE id = NEW.account_id AND keeps_balance;
  RETURN NULL;
END $$;
CREATE TRIGGER posting_applied AFTER INSERT ON orders_posting FOR EACH ROW EXECUTE FUNCTION orders_apply_posting();

CREATE FUNCTION orders_check_booking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  booking bigint := CASE TG_TABLE_NAME WHEN 'orders_posting' THEN (to_jsonb(NEW) ->> 'transaction_id')::bigint
                                       ELSE NEW.id END;
BEGIN
  IF (SELECT count(*) FROM orders_posting WHERE transaction_id = booking) < 2 THEN
    RAISE EXCEPTION 'booking % has fewer than two postings', booking USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT FROM orders_posting p JOIN orders_account a ON a.id = p.account_id
             WHERE p.transaction_id = booking GROUP BY a.currency HAVING sum(p.amount) <> 0) THEN
    RAISE EXCEPTION 'booking % does not add up', booking USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER posting_balanced AFTER INSERT ON orders_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_check_booking();
CREATE CONSTRAINT TRIGGER booking_balanced AFTER INSERT ON orders_ledgertransaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_check_booking();

CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE ON orders_posting
  FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
CREATE TRIGGER booking_append_only BEFORE UPDATE OR DELETE ON orders_ledgertransaction
  FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
"""
DROP_LEDGER = """
DROP TRIGGER booking_append_only ON orders_ledgertransaction;
DROP TRIGGER posting_append_only ON orders_posting;
DROP TRIGGER booking_balanced ON orders_ledgertransaction;
DROP TRIGGER posting_balanced ON orders_posting;
DROP FUNCTION orders_check_booking();
DROP TRIGGER posting_applied ON orders_posting;
DROP FUNCTION orders_apply_posting();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_orders"), ("common", "0002_shared_rows")]

    operations = [
        migrations.RunSQL(EVENTS, DROP_EVENTS),
        migrations.RunSQL(ORDERS, DROP_ORDERS),
        migrations.RunSQL(LEDGER, DROP_LEDGER),
    ]
