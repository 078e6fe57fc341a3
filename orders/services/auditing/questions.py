"""What must be true of the books, as questions to the database: every row of an answer is a difference.

Each looks at everything at once; a site with a hundred thousand orders is audited in half a minute. The names in
brackets are those of the invariants in `docs/money.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from orders.lifecycle import TERMINAL
from orders.querysets.fee import fee_of
from orders.services.auditing.chain import LINKS, edges

BOOKED = """orders_posting p JOIN orders_account a ON a.id = p.account_id
  JOIN orders_ledgertransaction t ON t.id = p.transaction_id"""


@dataclass(frozen=True)
class Question:
    """`sql` answers with rows of an order's id, if it is about one, and what differs."""

    name: str
    title: str
    sql: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """What PostgreSQL gets."""
        return self.sql.replace("BOOKED", BOOKED).replace("LINKS", LINKS.format(where=""))


BALANCED = """
SELECT t.order_id, concat(t.source, ' adds up to ', sum(p.amount), ' ', a.currency)
FROM BOOKED GROUP BY t.id, a.currency HAVING sum(p.amount) <> 0
UNION ALL
SELECT t.order_id, concat(t.source, ' has fewer than two postings')
FROM orders_ledgertransaction t LEFT JOIN orders_posting p ON p.transaction_id = t.id
GROUP BY t.id HAVING count(p.id) < 2
"""

KEPT = """
SELECT CASE WHEN a.code ~ '^(escrow|memo[.]hold):[0-9a-f-]{36}$' THEN split_part(a.code, ':', 2)::uuid END,
       concat(a.code, ' keeps ', a.balance, ', its postings say ', coalesce(sum(p.amount), 0))
FROM orders_account a LEFT JOIN orders_posting p ON p.account_id = a.id
WHERE a.keeps_balance GROUP BY a.id HAVING a.balance <> coalesce(sum(p.amount), 0)
"""

ESCROW = """
SELECT o.id, concat(s.kind, ' holds ', s.cents, ' and the order is ', o.state)
FROM (SELECT t.order_id, split_part(a.code, ':', 1) AS kind, sum(p.amount) AS cents FROM BOOKED
      WHERE a.code LIKE 'escrow:%%' OR a.code LIKE 'memo.hold:%%' GROUP BY 1, 2) s
JOIN orders_order o ON o.id = s.order_id
WHERE s.cents < 0 OR (s.cents <> 0 AND o.state = ANY(%(over)s))
UNION ALL
SELECT t.order_id, concat(t.source, ' is booked in ', a.code) FROM BOOKED
WHERE (a.code LIKE 'escrow:%%' OR a.code LIKE 'memo.%%') AND split_part(a.code, ':', 2) <> t.order_id::text
"""

HOLDS = """
SELECT o.id, concat('the order is ', o.state, ', its pieces are ', coalesce(h.state, 'nowhere'))
FROM orders_order o LEFT JOIN orders_stockhold h ON h.order_id = o.id
WHERE h.state IS DISTINCT FROM CASE WHEN o.state = 'completed' THEN 'consumed'
                                    WHEN o.state = ANY(%(over)s) THEN 'released' ELSE 'held' END
   OR (h.quantity, h.listing_id) <> (o.quantity, o.listing_id)
"""

STOCK = """
SELECT NULL::uuid, concat('listing ', l.id, ' has ', l.reserved, ' reserved and ', l.sold, ' sold, its orders say ',
                          coalesce(h.held, 0), ' and ', coalesce(h.sold, 0))
FROM listings_listing l LEFT JOIN (
  SELECT listing_id, sum(quantity) FILTER (WHERE state = 'held') AS held,
         sum(quantity) FILTER (WHERE state = 'consumed') AS sold FROM orders_stockhold GROUP BY 1) h
ON h.listing_id = l.id
WHERE l.reserved <> coalesce(h.held, 0) OR l.sold <> coalesce(h.sold, 0) OR l.reserved + l.sold > l.quantity
"""

STEPS = "SELECT order_id, concat('step ', version, ' ', why) FROM (LINKS) broken"

STATES = """
SELECT o.id, concat('is ', o.state, ' at version ', o.version, ', its last step says ',
                    coalesce(concat(e.to_state, ' at ', e.version), 'nothing'))
FROM orders_order o LEFT JOIN (
  SELECT DISTINCT ON (order_id) order_id, version, to_state, to_status FROM orders_orderevent
  ORDER BY order_id, version DESC) e
ON e.order_id = o.id
WHERE (e.version, e.to_state, e.to_status) IS DISTINCT FROM (o.version, o.state, o.status)
"""

OPERATIONS = """
SELECT op.order_id, concat(op.kind, ' ', op.seq, ' has succeeded and is not booked')
FROM orders_operation op LEFT JOIN orders_ledgertransaction t ON t.source = op.key
WHERE op.state = 'succeeded' AND t.id IS NULL
  AND (op.kind <> 'void' OR (
    EXISTS (SELECT FROM orders_operation held WHERE held.order_id = op.order_id
            AND held.kind = 'authorize' AND held.state = 'succeeded')
    -- one of several has let go of it, and the hold itself must be nothing at the end anyway
    AND NOT EXISTS (SELECT FROM orders_operation other JOIN orders_ledgertransaction b ON b.source = other.key
                    WHERE other.order_id = op.order_id AND other.kind IN ('void', 'capture')
                    AND other.state = 'succeeded')))
UNION ALL
SELECT t.order_id, concat(t.source, ' is booked and has not succeeded')
FROM orders_ledgertransaction t
LEFT JOIN orders_operation op ON op.key = regexp_replace(t.source, ':release$', '') AND op.state = 'succeeded'
WHERE t.source ~ '^o[0-9a-f-]{36}:(authorize|capture|void|refund|transfer):' AND op.id IS NULL
UNION ALL
SELECT op.order_id, concat(op.kind, ' ', op.seq, ' moved ', op.amount_cents, ', booked is ', coalesce(b.cents, 0))
FROM orders_operation op LEFT JOIN (
  SELECT t.source, a.code, sum(abs(p.amount)) AS cents FROM BOOKED
  WHERE a.code LIKE 'psp_clearing:%%' AND sign(p.amount) = CASE WHEN t.source LIKE '%%:capture:%%' THEN -1 ELSE 1 END
  GROUP BY 1, 2) b
ON b.source = op.key AND b.code = 'psp_clearing:' || op.provider
WHERE op.state = 'succeeded' AND op.kind IN ('capture', 'refund', 'transfer')
  AND op.amount_cents <> coalesce(b.cents, 0)
"""

SHARES = f"""
WITH moved AS (
  SELECT t.order_id,
    coalesce(-sum(p.amount) FILTER (WHERE a.code LIKE 'psp_clearing:%%' AND t.source LIKE '%%:capture:%%'), 0) AS taken,
    coalesce(sum(p.amount) FILTER (WHERE a.code LIKE 'psp_clearing:%%' AND t.source LIKE '%%:refund:%%'), 0) AS back,
    coalesce(sum(p.amount) FILTER (WHERE p.amount > 0 AND (a.code LIKE 'seller:%%'
        OR (a.code LIKE 'clawback:%%' AND t.source LIKE '%%:clawback:%%'))), 0)
      AS seller,  -- what they owed from earlier sales was paid with it
    coalesce(sum(p.amount) FILTER (WHERE a.code = 'revenue.fee'), 0) AS fee
  FROM BOOKED WHERE t.order_id IS NOT NULL GROUP BY 1),
agreed AS (
  SELECT id, state, coalesce(release_cents, 0) AS release,
    {fee_of("coalesce(release_cents, 0)")} AS fee
  FROM orders_order WHERE state = ANY(%(over)s))
SELECT o.id, concat('paid and kept ', coalesce(m.taken - m.back, 0), ', for the seller ', coalesce(m.seller, 0),
                    ', fee ', coalesce(m.fee, 0), '; decided ', o.release, ', of it a fee of ', o.fee)
FROM agreed o LEFT JOIN moved m ON m.order_id = o.id
WHERE (coalesce(m.taken - m.back, 0), coalesce(m.seller, 0), coalesce(m.fee, 0))
   <> (o.release, o.release - o.fee, o.fee)
"""  # noqa: S608 - only names of ours

TOTALS = """
SELECT NULL::uuid, concat(coalesce(m.currency, b.currency), ': taken and not given back or paid out ',
                          coalesce(m.cents, 0), ', the ledger owes ', coalesce(b.cents, 0))
FROM (SELECT currency, sum(CASE WHEN kind = 'capture' THEN amount_cents
                                WHEN kind IN ('refund', 'transfer') THEN -amount_cents ELSE 0 END) AS cents
      FROM orders_operation WHERE state = 'succeeded' GROUP BY 1) m
FULL JOIN (SELECT a.currency, sum(p.amount) AS cents FROM BOOKED
      WHERE a.code LIKE 'escrow:%%' OR a.code LIKE 'seller:%%' OR a.code = 'revenue.fee'
         OR (a.code LIKE 'clawback:%%' AND t.source LIKE '%%:clawback:%%') GROUP BY 1) b
USING (currency) WHERE coalesce(m.cents, 0) <> coalesce(b.cents, 0)
"""

# Whoever sees to it has cleared it from the queue before they had their money: then nobody sees to it any more
OWED = """
SELECT o.id, concat('the buyer is still owed ', a.balance, ' and nobody is told to look')
FROM orders_account a JOIN orders_order o ON o.id = split_part(a.code, ':', 2)::uuid
WHERE a.code LIKE 'owed.buyer:%%' AND a.balance <> 0 AND o.needs_attention = ''
UNION ALL
SELECT NULL, concat('the seller is still owed ', balance, ' in ', code, ' and nobody is told to look')
FROM orders_account WHERE code LIKE 'clawback:%%' AND balance > 0 AND NOT EXISTS (
  SELECT FROM orders_order o WHERE o.seller_id = split_part(code, ':', 2)::uuid AND o.needs_attention <> '')
"""

_OVER = {"over": sorted(TERMINAL)}

QUESTIONS = (
    Question("balanced", "Every booking adds up to nothing (I4)", BALANCED),
    Question("kept", "Balances are the sums of their postings (I6)", KEPT),
    Question("escrow", "Escrow is never negative, and empty at the end (I7)", ESCROW, _OVER),
    Question("holds", "Pieces are held until the end, and sold or free after it (I3)", HOLDS, _OVER),
    Question("stock", "Listings hold and have sold what their orders say (I1, I2)", STOCK),
    Question("steps", "Steps are complete, allowed, and unchanged (I12, I13)", STEPS, edges()),
    Question("states", "Orders stand where their last step led (I12)", STATES),
    Question("operations", "What has succeeded is booked, and nothing else (I5)", OPERATIONS),
    Question("shares", "Buyer and seller got what was decided, less the fee (I9)", SHARES, _OVER),
    Question("totals", "All that was taken is somewhere (I20)", TOTALS),
    Question("owed", "What a buyer or a seller is still owed waits for somebody", OWED),
)
