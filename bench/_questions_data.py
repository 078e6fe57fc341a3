"""Thirty days of events, listings and orders, made inside PostgreSQL, in many transactions as an intake would."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import psycopg

DAYS = 30
AT_ONCE = 5_000
LISTINGS, ORDERS = 5_000, 100_000

_PREPARE = "SELECT analytics_prepare_days((now() AT TIME ZONE 'UTC')::date - %s, (now() AT TIME ZONE 'UTC')::date)"

# A month that ends with yesterday: what happens today is not of this measurement
_EVENTS = """
INSERT INTO analytics_event (event_type, session_id, user_id, listing_id, step, properties, occurred_at, received_at)
SELECT kind, 'session-' || person || '-' || floor(random() * 3),
  CASE WHEN random() < 0.9 THEN md5('user' || person)::uuid END,
  CASE WHEN kind IN ('feature.used', 'listing.viewed') THEN
    (ARRAY(SELECT id FROM listings_listing))[1 + floor(random() * {listings})::int] END,
  CASE kind WHEN 'escrow.step' THEN 'step-' || mod(n, 6) END,
  CASE kind WHEN 'ui.click' THEN jsonb_build_object('button', 'button-' || mod(n, 40))
    WHEN 'escrow.step' THEN jsonb_build_object('result', CASE WHEN random() < 0.1 THEN 'cancelled' ELSE 'ok' END)
    WHEN 'feature.used' THEN jsonb_build_object('feature_key',
      CASE WHEN random() < 0.5 THEN 'quick_view' ELSE 'share' END)
    WHEN 'screen.view' THEN jsonb_build_object('screen', 'screen-' || mod(n, 12)) ELSE '{{}}'::jsonb END,
  at, at + random() * interval '1 minute'
FROM (SELECT n, floor(random() * 20000)::int AS person,
    (ARRAY['ui.click','ui.click','ui.click','screen.view','screen.view','listing.viewed','search.performed',
      'feature.used','escrow.step','category.viewed'])[1 + floor(random() * 10)::int] AS kind,
    date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '{days} days'
      + (({part} + random()) / {parts}) * interval '{days} days' - interval '1 minute' AS at
  FROM generate_series(1, {at_once}) n) happened
"""


def fill(events: int) -> None:
    """Listings and orders bypass their triggers; their keys tell when they were made, as the product's do."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(_PREPARE, [DAYS + 2])
        _make_things(connection)
    parts = max(1, events // AT_ONCE)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda part: _write(part, parts, events // parts), range(parts)))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) analytics_event")
        connection.execute("VACUUM (ANALYZE) listings_listing")
        connection.execute("VACUUM (ANALYZE) orders_order")


def _write(part: int, parts: int, at_once: int) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SET jit = off")
        connection.execute(
            _EVENTS.format(part=part, parts=parts, at_once=at_once, days=DAYS, listings=LISTINGS).encode()
        )


def _make_things(connection: psycopg.Connection) -> None:
    from accounts.models import User
    from listings.models import Category
    from listings.services import catalogs

    catalogs.seed_base()
    seller, buyer = (User.objects.create(username=f"bench-{name}") for name in ("seller", "buyer"))
    categories = [str(each) for each in Category.objects.values_list("pk", flat=True)]
    connection.execute("SET session_replication_role = replica")
    values = {"seller": seller.pk, "buyer": buyer.pk, "categories": categories, "listings": LISTINGS, "orders": ORDERS}
    for statement in (_LISTINGS, _ORDERS):
        connection.execute(statement.encode(), values)
    connection.execute("SET session_replication_role = DEFAULT")


_MADE = """
(SELECT n, at, (substr(replace(analytics_first_id(at)::text, '-', ''), 1, 12) || substr(md5(n::text), 1, 20))::uuid
    AS id
 FROM (SELECT n, now() - interval '31 days' + n * interval '30 days' / {many} AS at
   FROM generate_series(1, {many}) n) times) made
"""
_LISTINGS = f"""
INSERT INTO listings_listing (id, seller_id, title, category_id, price_cents, currency, quantity, reserved, sold,
  price_suggestion_used, quick_view_enabled, state, hidden_reason, seller_is_active, version, created_at, updated_at)
SELECT id, %(seller)s, 'Thing ' || n, (%(categories)s::uuid[])[1 + mod(n, cardinality(%(categories)s::uuid[]))], 1000,
  'COP', 1, 0, 0, false, true, 'live', '', true, 1, at, at FROM {_MADE.format(many=LISTINGS)}
"""
_ORDERS = f"""
INSERT INTO orders_order (id, buyer_id, seller_id, listing_id, listing_as_bought, quantity, unit_price_cents,
  total_cents, currency, fee_bps, fee_min_cents, state, status, version, withheld_cents, proof, tracking_number,
  needs_attention, created_at, updated_at)
SELECT id, %(buyer)s, %(seller)s, (SELECT id FROM listings_listing ORDER BY id LIMIT 1), '{{}}', 1, 1000 + mod(n, 7),
  1000 + mod(n, 7), 'COP', 0, 0, CASE WHEN mod(n, 3) = 0 THEN 'cancelled' ELSE 'completed' END,
  CASE WHEN mod(n, 3) = 0 THEN 'cancelled' ELSE 'completed' END, 1, 0, '', '', '', at, at
FROM {_MADE.format(many=ORDERS)}
"""
