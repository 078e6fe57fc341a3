"""An ordinary order, all of it, as one statement. Who may not, or cannot, have it gets no row, and nothing is written.

What it writes is what `services/placing.py` writes, and its answer is the serializer's, byte for byte; a test holds the
two roads against each other, column by column. Why there are two: docs/decisions/0015-an-order-is-one-statement.md.
"""

from __future__ import annotations

from listings.services.stock import holding
from orders.lifecycle import Party, State, Status, Step
from orders.querysets.fee import fee_of

# As at every door that writes: the account and this very session are good, and nobody has answered this key yet
_WHO = """
SELECT FROM accounts_user u JOIN accounts_session s ON s.user_id = u.id
WHERE u.id = %(buyer)s AND u.is_active AND s.id = %(session)s AND s.revoked_at IS NULL
  AND NOT EXISTS (SELECT FROM common_idempotencyrecord
    WHERE caller = %(caller)s::text AND route = %(route)s::text AND key = %(key)s::text)
  AND orders_has_room(u.id, %(most_unpaid)s::integer)
"""
_WELCOME = """
EXISTS (SELECT FROM who)
  AND NOT EXISTS (SELECT FROM accounts_block WHERE blocker_id = %(buyer)s AND blocked_id = seller_id)
  AND NOT EXISTS (SELECT FROM accounts_block WHERE blocker_id = seller_id AND blocked_id = %(buyer)s)
  AND coalesce(%(total_cents)s::numeric, price_cents * %(pieces)s::numeric) = price_cents * %(pieces)s::numeric
  AND coalesce(%(currency)s::text, currency) = currency
"""
_ORDER = f"""
INSERT INTO orders_order (id, client_id, buyer_id, seller_id, listing_id, listing_as_bought, quantity,
  unit_price_cents, total_cents, currency, fee_bps, fee_min_cents, fee_max_cents, state, status, version,
  withheld_cents, proof, tracking_number, needs_attention)
SELECT %(order)s::uuid, %(client_id)s::uuid, %(buyer)s, seller_id, %(listing)s,
  jsonb_build_object('title', title, 'description', description, 'condition', condition, 'category_id', category_id,
    'version', version),
  %(pieces)s, price_cents, price_cents * %(pieces)s, currency, %(fee_bps)s::integer, %(fee_min)s::bigint,
  %(fee_max)s::bigint, '{State.CREATED}', '{Status.CREATED}', 1, 0, '', '', ''
FROM held RETURNING *
"""  # noqa: S608 - only names of ours
_HOLD = """
INSERT INTO orders_stockhold (order_id, listing_id, quantity, state)
SELECT id, listing_id, quantity, 'held' FROM placed
"""
_EVENT = f"""
INSERT INTO orders_orderevent (id, order_id, version, step, from_state, to_state, from_status, to_status, party,
  actor_id, reason, facts, hash)
SELECT %(event)s::uuid, id, version, '{Step.CREATE}', '', state, '', status, '{Party.BUYER}', buyer_id, '', '{{}}', ''
FROM placed
"""  # noqa: S608 - only names of ours
_DEADLINE = """
INSERT INTO orders_deadline (order_id, kind, order_version, due_at, attempts)
SELECT id, 'timeout', version, created_at + %(life)s::interval, 0 FROM placed
"""
_ANNOUNCED = f"""
INSERT INTO common_outboxevent (id, kind, payload)
SELECT %(message)s::uuid, 'order.{Step.CREATE}', jsonb_build_object('order_id', id, 'listing_id', listing_id,
  'buyer_id', buyer_id, 'seller_id', seller_id, 'from_state', '', 'to_state', state, 'status', status,
  'version', version, 'party', '{Party.BUYER}')
FROM placed
"""  # noqa: S608 - only names of ours
# The names and their order are those of `OrderOut`
_ANSWER = f"""
SELECT row_to_json(shown)::text AS body FROM (
  SELECT id, buyer_id, seller_id, listing_id, total_cents, currency, status,
    listings_stamp(created_at) AS created_at, listings_stamp(updated_at) AS updated_at, quantity, unit_price_cents,
    {fee_of("total_cents")} AS fee_cents,
    NULL AS escrow_id, state, version, client_id, tracking_number FROM placed) shown
"""  # noqa: S608 - only names of ours
_REMEMBERED = """
INSERT INTO common_idempotencyrecord (caller, route, key, fingerprint, status, body, headers)
SELECT %(caller)s, %(route)s, %(key)s, %(fingerprint)s, 201, convert_to(body, 'UTF8'), '{}' FROM answer
WHERE %(key)s::text IS NOT NULL
"""
PLACE = f"""
WITH who AS MATERIALIZED ({_WHO}),
held AS ({holding(provided=_WELCOME)}),
placed AS ({_ORDER}),
hold AS ({_HOLD}),
event AS ({_EVENT}),
deadline AS ({_DEADLINE}),
announced AS ({_ANNOUNCED}),
answer AS MATERIALIZED ({_ANSWER}),
remembered AS ({_REMEMBERED})
SELECT body FROM answer
"""  # noqa: S608 - only names of ours
