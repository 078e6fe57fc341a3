"""What must be true of money after every step, in SQL that knows the tables and nothing of the code that fills them.

For the suite and for `faults/money.py`. The numbers are those of the list in `docs/money.md`; the provider is asked by
its own records, not by ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

Rows = Sequence[Sequence[Any]]
Ask = Callable[[str, dict[str, Any]], Rows]

_FOUND = """
WITH edges AS (SELECT split_part(e, ' ', 1) AS step, split_part(e, ' ', 2) AS source, split_part(e, ' ', 3) AS target,
    split_part(e, ' ', 4) AS party FROM unnest(%(edges)s::text[]) e),
o AS MATERIALIZED (SELECT *, state IN ('completed', 'refunded', 'cancelled', 'expired') AS over,
    CASE WHEN state = 'completed' THEN coalesce(release_cents, 0) ELSE 0 END AS release
  FROM orders_order WHERE CHOSEN),
bounded AS (SELECT id, currency, least(release, coalesce(fee_max_cents, release),
    greatest(fee_min_cents, (release * fee_bps + 5000) / 10000)) AS fee FROM o),
fees AS (SELECT id, CASE WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG',
    'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN fee / 100 * 100 ELSE fee END AS fee FROM bounded),
p AS MATERIALIZED (SELECT o.id, r.* FROM o CROSS JOIN LATERAL (SELECT
    coalesce(sum(amount_cents) FILTER (WHERE kind = 'authorize'), 0) AS authorized,
    coalesce(sum(amount_cents) FILTER (WHERE kind = 'authorize' AND expires_at > clock_timestamp()), 0)
      * (count(*) FILTER (WHERE kind IN ('capture', 'void')) = 0)::int AS held,
    coalesce(sum(amount_cents) FILTER (WHERE kind = 'capture'), 0) AS captured,
    coalesce(sum(amount_cents) FILTER (WHERE kind = 'refund'), 0) AS refunded,
    coalesce(sum(amount_cents) FILTER (WHERE kind = 'transfer'), 0) AS transferred
  FROM orders_simulatorrecord WHERE order_id = o.id::text AND state = 'succeeded') r),
done AS MATERIALIZED (SELECT o.id, r.* FROM o CROSS JOIN LATERAL (SELECT
    coalesce(sum(amount_cents) FILTER (WHERE kind = 'capture'), 0)
      - coalesce(sum(amount_cents) FILTER (WHERE kind IN ('refund', 'transfer')), 0) AS kept
  FROM orders_operation WHERE order_id = o.id AND state = 'succeeded') r),
legs AS MATERIALIZED (SELECT t.order_id, t.id AS booking, t.source, a.code, a.currency, po.amount
  FROM orders_ledgertransaction t JOIN o ON o.id = t.order_id
  JOIN orders_posting po ON po.transaction_id = t.id JOIN orders_account a ON a.id = po.account_id),
b AS MATERIALIZED (SELECT o.id, r.* FROM o CROSS JOIN LATERAL (SELECT
    coalesce(sum(amount) FILTER (WHERE code LIKE 'psp_clearing:%%'), 0) AS clearing,
    coalesce(sum(amount) FILTER (WHERE code LIKE 'escrow:%%'), 0) AS escrow,
    coalesce(sum(amount) FILTER (WHERE code LIKE 'memo.hold:%%'), 0) AS memo,
    coalesce(sum(amount) FILTER (WHERE code LIKE 'seller:%%'), 0) AS seller,
    coalesce(sum(amount) FILTER (WHERE code = 'revenue.fee'), 0) AS fee
  FROM legs WHERE legs.order_id = o.id) r),
e AS MATERIALIZED (SELECT e.*, lag(to_state, 1, '') OVER (PARTITION BY order_id ORDER BY e.version) AS came_from
  FROM orders_orderevent e JOIN o ON o.id = e.order_id)
"""

_CHECKS = {
    "I1 more pieces than there are": """SELECT l.id::text FROM listings_listing l WHERE l.id IN (SELECT listing_id
      FROM o)
      AND (reserved < 0 OR sold < 0 OR reserved + sold > quantity)""",
    "I2 pieces and holds differ": """SELECT l.id::text FROM listings_listing l CROSS JOIN LATERAL (SELECT
        coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0) AS held,
        coalesce(sum(quantity) FILTER (WHERE state = 'consumed'), 0) AS consumed
      FROM orders_stockhold WHERE listing_id = l.id) h
      WHERE l.id IN (SELECT listing_id FROM o) AND (reserved <> held OR sold <> consumed)""",
    "I3 pieces are where they should not be": """SELECT o.id || ' ' || o.state || ' ' || coalesce(h.state, 'none')
      FROM o LEFT JOIN orders_stockhold h ON h.order_id = o.id WHERE h.state IS DISTINCT FROM
        CASE WHEN o.state = 'completed' THEN 'consumed' WHEN over THEN 'released' ELSE 'held' END""",
    "I4 a booking does not add up": """SELECT booking::text FROM legs GROUP BY booking, currency
      HAVING sum(amount) <> 0""",
    "I5 booked twice": "SELECT source FROM legs GROUP BY source HAVING count(DISTINCT booking) > 1",
    "I6 a balance is not the sum of its postings": """SELECT a.code FROM orders_account a
      WHERE keeps_balance AND a.code IN (SELECT code FROM legs)
      AND balance <> (SELECT sum(amount) FROM orders_posting WHERE account_id = a.id)""",
    "I7 overdrawn, or over with money left": """SELECT o.id || ' ' || o.state || format(' %%s', b)
      FROM o JOIN b USING (id)
      WHERE escrow < 0 OR memo < 0 OR seller < 0 OR (over AND (escrow <> 0 OR memo <> 0 OR seller <> 0))""",
    "I8 the provider moved too much": """SELECT o.id || format(' %%s', p) FROM o JOIN p USING (id)
      WHERE authorized > total_cents OR captured > authorized OR refunded + transferred > captured""",
    "I9 somebody got something else": """SELECT o.id || ' ' || o.state || format(' %%s', p) FROM o JOIN p USING (id)
      JOIN fees USING (id) WHERE over AND (held <> 0
        OR captured - refunded <> release OR transferred <> release - fee)""",
    "I10 the provider did what was never written down": """SELECT r.key FROM o
      JOIN orders_simulatorrecord r ON r.order_id = o.id::text LEFT JOIN orders_operation op ON op.key = r.key
      WHERE op.id IS NULL OR (op.kind, op.amount_cents, op.currency) <> (r.kind, r.amount_cents, r.currency)""",
    "I10 the provider did what is written down as not done": """SELECT r.key || ' ' || op.state FROM o
      JOIN orders_simulatorrecord r ON r.order_id = o.id::text JOIN orders_operation op ON op.key = r.key
      WHERE r.state = 'succeeded' AND op.state IN ('ready', 'failed')""",
    "I10 written down as done, and the provider did not": """SELECT op.key
      FROM orders_operation op JOIN o ON o.id = op.order_id
      LEFT JOIN orders_simulatorrecord r ON r.key = op.key
      WHERE op.state = 'succeeded' AND op.provider_ref <> 'lapsed' AND r.state IS DISTINCT FROM 'succeeded'""",
    "I10 done, and not in the books": """SELECT op.key FROM orders_operation op JOIN o ON o.id = op.order_id
      WHERE op.state = 'succeeded' AND op.kind <> 'void' AND op.key NOT IN (SELECT source FROM legs)""",
    "I10 in the books, and not done": """SELECT source FROM legs LEFT JOIN orders_operation op
      ON op.key = regexp_replace(source, ':release$', '')
      WHERE source NOT LIKE '%%:fee:1' AND op.state IS DISTINCT FROM 'succeeded'""",
    "I10 books and operations differ": """SELECT o.id || format(' %%s', b) FROM o JOIN b USING (id) JOIN done USING (id)
      WHERE clearing <> -kept""",
    "I10 books and provider differ at the end": """SELECT o.id || format(' %%s %%s', b, p) FROM o JOIN b USING (id)
      JOIN p USING (id) WHERE over AND clearing <> refunded + transferred - captured""",
    "I11 pieces given back while the provider has the money": """SELECT o.id || format(' %%s', p)
      FROM o JOIN p USING (id)
      JOIN orders_stockhold h ON h.order_id = o.id
      WHERE h.state = 'released' AND (held <> 0 OR captured <> refunded)""",
    "I12 steps are not numbered without a gap": """SELECT o.id::text FROM o LEFT JOIN e ON e.order_id = o.id
      GROUP BY o.id, o.version HAVING count(e.id) <> o.version OR min(e.version) <> 1 OR max(e.version) <> o.version""",
    "I12 the state is not where the steps led": """SELECT o.id || ' ' || o.state FROM o
      JOIN e ON e.order_id = o.id AND e.version = o.version WHERE e.to_state <> o.state OR e.to_status <> o.status""",
    "I12 a step from where the order was not": "SELECT order_id || ' ' || step FROM e WHERE from_state <> came_from",
    "I12 a step that is not in the table": """
      SELECT order_id || format(' %%s %%s %%s %%s', step, from_state, to_state, party)
      FROM e WHERE version > 1 AND NOT EXISTS (SELECT FROM edges WHERE edges.step = e.step
        AND source = from_state AND edges.party = e.party AND target IN (to_state, '*'))""",
    "I12 a step by somebody else": """SELECT e.order_id || ' ' || step || ' ' || party
      FROM e JOIN o ON o.id = e.order_id
      WHERE actor_id IS DISTINCT FROM CASE party WHEN 'buyer' THEN buyer_id WHEN 'seller' THEN seller_id
        WHEN 'system' THEN NULL ELSE actor_id END
      OR (party = 'operator' AND coalesce(actor_id IN (buyer_id, seller_id), true))""",
    "I13 a step after the end": """SELECT order_id || ' ' || step FROM e
      WHERE from_state IN ('completed', 'refunded', 'cancelled', 'expired')""",
    "I13 over, and still waiting for something": """SELECT o.id::text FROM o WHERE over
      AND (EXISTS (SELECT FROM orders_operation WHERE order_id = o.id AND due_at IS NOT NULL)
        OR EXISTS (SELECT FROM orders_deadline WHERE order_id = o.id))""",
    "I18 nothing will ever happen to it": """SELECT o.id || ' ' || o.state FROM o WHERE NOT over
      AND NOT EXISTS (SELECT FROM orders_operation WHERE order_id = o.id AND due_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM orders_deadline WHERE order_id = o.id)""",
    "I20 what was captured is not all accounted for": """SELECT o.id || format(' %%s %%s', b, p)
      FROM o JOIN b USING (id)
      JOIN p USING (id) WHERE over AND captured <> refunded + transferred + b.fee""",
    "quarantined": "SELECT o.id || ' ' || needs_attention FROM o WHERE quarantined_at IS NOT NULL",
}
_STATEMENT = _FOUND + " UNION ALL ".join(
    f"SELECT '{name}', found FROM ({check}) AS f{n}(found)" for n, (name, check) in enumerate(_CHECKS.items())
)

# Two texts, because one that could mean either is planned for all: each step of a long history would read every row
_OF_ALL = _STATEMENT.replace("CHOSEN", "%(orders)s::uuid[] IS NULL")
_OF_SOME = _STATEMENT.replace("CHOSEN", "id = ANY(%(orders)s::uuid[])")

NAMES = tuple(_CHECKS)


def faults_in(ask: Ask, *, edges: Iterable[str], orders: Iterable[UUID] | None = None) -> list[str]:
    """What is wrong with these orders, or with all of them. `edges`: "step from to party", `*` for any end."""
    chosen = None if orders is None else list(orders)
    statement = _OF_ALL if chosen is None else _OF_SOME
    return [f"{name}: {found}" for name, found in ask(statement, {"edges": list(edges), "orders": chosen})]


def edges_of_the_table() -> list[str]:
    from orders.lifecycle import NOTES, TRANSITIONS

    return [
        f"{note} {here} {here} {party}"
        for note, each in NOTES.items()
        for here in each.sources
        for party in each.parties
    ] + [
        f"{step} {source} {each.target or '*'} {party}"
        for step, each in TRANSITIONS.items()
        for source in each.sources
        for party in each.parties
    ]
