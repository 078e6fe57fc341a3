-- The books, asked of the tables alone: nothing in here comes from the program that fills them. What is allowed is
-- written out as docs/money.md has it. Which orders are looked at: those in the temporary table `chosen (id uuid)`.
-- Every row of the answer is a mistake: what is wrong, and with what.
WITH
-- ── What is allowed: step, from, to, by whom, and how much of the price the seller gets by it ──
steps (step, sources, targets, parties, share) AS (VALUES
  ('pay', 'created', 'paying', 'buyer', NULL::int),
  ('auth_ok', 'paying', 'funded', 'system', NULL),
  ('auth_failed', 'paying', 'created', 'system', NULL),
  ('cancel_unpaid', 'created', 'cancelled', 'buyer seller operator', NULL),
  ('expire_unpaid', 'created', 'expired', 'system', NULL),
  ('abandon_paying', 'paying', 'settling', 'buyer seller operator system', 0),
  ('accept', 'funded', 'accepted', 'seller system', NULL),
  ('decline', 'funded accepted', 'settling', 'seller operator', 0),
  ('buyer_cancel', 'funded', 'settling', 'buyer operator', 0),
  ('accept_timeout', 'funded', 'settling', 'system', 0),
  ('hand_over', 'accepted', 'handed_over', 'seller operator', NULL),
  ('handover_timeout', 'accepted', 'settling', 'system', 0),
  ('confirm', 'funded accepted handed_over', 'settling', 'buyer', 1),
  ('seller_refund', 'handed_over', 'settling', 'seller operator', 0),
  ('inspect_timeout', 'handed_over', 'settling', 'system', 1),
  ('hold_lost', 'funded accepted handed_over disputed', 'settling', 'system', 0),
  ('dispute', 'funded accepted handed_over', 'disputed', 'buyer seller operator', NULL),
  ('d_buyer_release', 'disputed', 'settling', 'buyer', 1),
  ('d_seller_refund', 'disputed', 'settling', 'seller', 0),
  ('d_agree_split', 'disputed', 'settling', 'buyer seller', NULL),
  ('d_resolve', 'disputed', 'settling', 'operator', NULL),
  ('d_timeout', 'disputed', 'settling', 'system', NULL),
  ('settled', 'settling', 'completed refunded cancelled expired', 'system', NULL)),

-- ── What is there ──
o AS MATERIALIZED (
  SELECT *, state IN ('completed', 'refunded', 'cancelled', 'expired') AS over,
    CASE WHEN state = 'completed' THEN coalesce(release_cents, 0) ELSE 0 END AS release
  FROM orders_order JOIN chosen USING (id)),
bounded AS (
  SELECT id, currency, least(release, coalesce(fee_max_cents, release),
    greatest(fee_min_cents, round(release * fee_bps / 10000.0)::bigint)) AS fee FROM o),
-- in whole coins
fees AS (
  SELECT id, CASE WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX',
    'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN fee / 100 * 100 ELSE fee END AS fee FROM bounded),
-- what the provider did, by its own records
did AS MATERIALIZED (
  SELECT o.id, r.* FROM o CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'authorize') AS payments,
      coalesce(sum(amount_cents) FILTER (WHERE kind = 'authorize'), 0) AS authorized,
      coalesce(sum(amount_cents) FILTER (WHERE kind = 'capture'), 0) AS captured,
      coalesce(sum(amount_cents) FILTER (WHERE kind = 'refund'), 0) AS refunded,
      coalesce(sum(amount_cents) FILTER (WHERE kind = 'transfer'), 0) AS transferred,
      coalesce(bool_or(kind = 'authorize' AND let_go_at IS NULL AND expires_at > clock_timestamp()), false)
        AND count(*) FILTER (WHERE kind = 'capture') = 0 AS holds
    FROM orders_simulatorrecord WHERE order_id = o.id::text AND state = 'succeeded') r),
-- what we know of it
known AS MATERIALIZED (
  SELECT o.id, r.* FROM o CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount_cents) FILTER (WHERE kind = 'capture'), 0) AS captured,
      coalesce(sum(amount_cents) FILTER (WHERE kind = 'refund'), 0) AS refunded,
      coalesce(sum(amount_cents) FILTER (WHERE kind = 'transfer'), 0) AS transferred
    FROM orders_operation WHERE order_id = o.id AND state = 'succeeded') r),
legs AS MATERIALIZED (
  SELECT t.order_id, t.id AS booking, t.source, a.code, a.currency, p.amount
  FROM orders_ledgertransaction t JOIN o ON o.id = t.order_id
  LEFT JOIN orders_posting p ON p.transaction_id = t.id LEFT JOIN orders_account a ON a.id = p.account_id),
-- what is booked of it; the clearing account has the provider's sign
booked AS MATERIALIZED (
  SELECT o.id, r.* FROM o CROSS JOIN LATERAL (
    SELECT coalesce(-sum(amount) FILTER (WHERE code LIKE 'psp_clearing:%' AND source LIKE '%:capture:%'), 0) AS captured,
      coalesce(sum(amount) FILTER (WHERE code LIKE 'psp_clearing:%' AND source LIKE '%:refund:%'), 0) AS refunded,
      coalesce(sum(amount) FILTER (WHERE code LIKE 'psp_clearing:%' AND source LIKE '%:transfer:%'), 0) AS transferred,
      coalesce(sum(amount) FILTER (WHERE code LIKE 'escrow:%'), 0) AS escrow,
      coalesce(sum(amount) FILTER (WHERE code LIKE 'memo.hold:%'), 0) AS hold,
      coalesce(sum(amount) FILTER (WHERE code LIKE 'seller:%'), 0) AS seller,
      coalesce(sum(amount) FILTER (WHERE code = 'revenue.fee'), 0) AS fee
    FROM legs WHERE legs.order_id = o.id) r),
e AS MATERIALIZED (
  SELECT e.*, lag(to_state, 1, '') OVER (PARTITION BY order_id ORDER BY e.version) AS came_from
  FROM orders_orderevent e JOIN o ON o.id = e.order_id),
listing AS MATERIALIZED (SELECT * FROM listings_listing WHERE id IN (SELECT listing_id FROM o))

-- ── Ledger, orders and provider say the same ──
SELECT 'our records and the ledger differ', id || format(' %s %s', known, booked) FROM known JOIN booked USING (id)
  WHERE (known.captured, known.refunded, known.transferred)
    <> (booked.captured, booked.refunded, booked.transferred)
UNION ALL
SELECT 'at the end, ledger and provider differ', o.id || format(' %s %s', booked, did)
  FROM o JOIN booked USING (id) JOIN did USING (id)
  WHERE over AND (booked.captured, booked.refunded, booked.transferred)
    <> (did.captured, did.refunded, did.transferred)
UNION ALL
SELECT 'in all, what the provider took is not what was decided', format('%s taken, %s decided', taken, decided)
  FROM (SELECT sum(captured - refunded) AS taken, sum(release) AS decided
    FROM o JOIN did USING (id) WHERE over) sums WHERE taken <> decided
UNION ALL
SELECT 'in all, what stayed with the provider is not our fees', format('%s stayed, fees %s, booked %s', stayed, due, kept)
  FROM (SELECT sum(captured - refunded - transferred - withheld_cents) AS stayed, sum(fees.fee) AS due
    FROM o JOIN did USING (id) JOIN fees USING (id) WHERE over) provider,
  (SELECT sum(booked.fee) AS kept FROM o JOIN booked USING (id) WHERE over) ledger
  WHERE stayed <> due OR due <> kept
UNION ALL
SELECT 'the provider did what nobody asked for', r.key FROM o JOIN orders_simulatorrecord r ON r.order_id = o.id::text
  LEFT JOIN orders_operation op ON op.key = r.key
  WHERE op.id IS NULL OR (op.order_id::text, op.kind, op.amount_cents, op.currency)
    <> (r.order_id, r.kind, r.amount_cents, r.currency)
UNION ALL
SELECT 'done, and taken for not done', r.key FROM o JOIN orders_simulatorrecord r ON r.order_id = o.id::text
  JOIN orders_operation op ON op.key = r.key WHERE r.state = 'succeeded' AND op.state IN ('ready', 'failed')
UNION ALL
SELECT 'not done, and taken for done', op.key FROM o JOIN orders_operation op ON op.order_id = o.id
  LEFT JOIN orders_simulatorrecord r ON r.key = op.key
  WHERE op.state = 'succeeded' AND op.provider_ref <> 'lapsed' AND r.state IS DISTINCT FROM 'succeeded'

-- ── Nothing twice, nothing too much ──
UNION ALL
SELECT 'paid twice', o.id::text FROM o JOIN did USING (id) WHERE payments > 1
UNION ALL
SELECT 'the provider moved too much', o.id || format(' %s', did) FROM o JOIN did USING (id)
  WHERE authorized > total_cents OR captured > authorized OR refunded + transferred > captured
UNION ALL
SELECT 'booked twice', source FROM legs GROUP BY source HAVING count(DISTINCT booking) > 1

-- ── Each got what was decided, and nothing is left ──
UNION ALL
SELECT 'somebody got something else', o.id || format(' %s %s', state, did)
  FROM o JOIN did USING (id) JOIN fees USING (id)
  WHERE over AND (holds OR captured - refunded <> release OR transferred <> release - fee - withheld_cents)
UNION ALL
SELECT 'over, with money left', o.id || format(' %s %s', state, booked) FROM o JOIN booked USING (id)
  WHERE escrow < 0 OR hold < 0 OR booked.seller < 0
    OR (over AND (escrow <> 0 OR hold <> 0 OR booked.seller <> 0))
UNION ALL
SELECT 'another fee than was agreed', o.id || format(' %s', booked) FROM o JOIN booked USING (id) JOIN fees USING (id)
  WHERE over AND booked.fee <> fees.fee

-- ── The ledger is one ──
UNION ALL
SELECT 'a booking does not add up', source FROM legs GROUP BY source, booking, currency
  HAVING coalesce(sum(amount), 1) <> 0
UNION ALL
SELECT 'a booking of one posting', source FROM legs GROUP BY source, booking HAVING count(amount) < 2
UNION ALL
SELECT 'a balance is not the sum of its postings', a.code FROM orders_account a
  WHERE keeps_balance AND a.code IN (SELECT code FROM legs)
    AND balance <> (SELECT sum(amount) FROM orders_posting WHERE account_id = a.id)
UNION ALL
SELECT 'done, and not in the books', op.key FROM o JOIN orders_operation op ON op.order_id = o.id
  WHERE op.state = 'succeeded' AND op.kind <> 'void' AND op.key NOT IN (SELECT source FROM legs)
UNION ALL
SELECT 'in the books, and not done', source FROM legs
  LEFT JOIN orders_operation op ON op.key = regexp_replace(source, ':release$', '')
  WHERE source ~ ':(authorize|capture|void|refund|transfer):' AND op.state IS DISTINCT FROM 'succeeded'

-- ── Pieces ──
UNION ALL
SELECT 'more pieces than there are', id::text FROM listing
  WHERE reserved < 0 OR sold < 0 OR reserved + sold > quantity
UNION ALL
SELECT 'pieces and holds differ', listing.id::text FROM listing CROSS JOIN LATERAL (
    SELECT coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0) AS held,
      coalesce(sum(quantity) FILTER (WHERE state = 'consumed'), 0) AS consumed
    FROM orders_stockhold WHERE listing_id = listing.id) h
  WHERE reserved <> held OR sold <> consumed
UNION ALL
SELECT 'pieces are where they should not be', o.id || format(' %s %s', o.state, h.state)
  FROM o LEFT JOIN orders_stockhold h ON h.order_id = o.id
  WHERE h.state IS DISTINCT FROM
    CASE WHEN o.state = 'completed' THEN 'consumed' WHEN over THEN 'released' ELSE 'held' END
UNION ALL
SELECT 'pieces given back while the provider has the money', o.id || format(' %s', did)
  FROM o JOIN did USING (id) JOIN orders_stockhold h ON h.order_id = o.id
  WHERE h.state = 'released' AND (holds OR captured <> refunded)

-- ── Steps ──
UNION ALL
SELECT 'steps are not numbered without a gap', o.id::text FROM o LEFT JOIN e ON e.order_id = o.id
  GROUP BY o.id, o.version
  HAVING count(e.id) <> o.version OR min(e.version) <> 1 OR max(e.version) <> o.version
UNION ALL
SELECT 'the state is not where the steps led', o.id || ' ' || o.state
  FROM o LEFT JOIN e ON e.order_id = o.id AND e.version = o.version
  WHERE e.to_state IS DISTINCT FROM o.state OR e.to_status IS DISTINCT FROM o.status
UNION ALL
SELECT 'a step from where the order was not', order_id || ' ' || step FROM e WHERE from_state <> came_from
UNION ALL
SELECT 'a step that is not allowed', order_id || format(' %s %s %s %s', step, from_state, to_state, party) FROM e
  WHERE NOT (version = 1 AND (step, from_state, to_state, party) = ('create', '', 'created', 'buyer'))
    AND NOT (step = 'prove' AND party = 'seller' AND from_state = to_state
      AND from_state IN ('handed_over', 'disputed'))
    AND NOT EXISTS (SELECT FROM steps WHERE steps.step = e.step
      AND from_state = ANY (string_to_array(sources, ' ')) AND to_state = ANY (string_to_array(targets, ' '))
      AND party = ANY (string_to_array(parties, ' ')))
UNION ALL
SELECT 'a step by somebody else', order_id || format(' %s %s', step, party) FROM e JOIN o ON o.id = order_id
  WHERE actor_id IS DISTINCT FROM CASE party WHEN 'buyer' THEN buyer_id WHEN 'seller' THEN seller_id
      WHEN 'system' THEN NULL ELSE actor_id END
    OR (party = 'operator' AND coalesce(actor_id IN (buyer_id, seller_id), true))
UNION ALL
SELECT 'the seller gets another share than the step gives', o.id || format(' %s %s', step, release_cents)
  FROM e JOIN steps USING (step) JOIN o ON o.id = order_id
  WHERE share IS NOT NULL AND release_cents IS DISTINCT FROM total_cents * share
    AND NOT EXISTS (SELECT FROM orders_operation op WHERE op.order_id = o.id AND provider_ref = 'lapsed')
UNION ALL
SELECT 'a step was told of not exactly once', order_id || format(' %s told %s times', step, told)
  FROM e CROSS JOIN LATERAL (SELECT count(*) AS told FROM told WHERE told.id = e.order_id AND told.version = e.version) t
  WHERE told <> 1

-- ── Ends ──
UNION ALL
SELECT 'another end than was decided', o.id || ' ' || o.state FROM o WHERE over AND o.state <> CASE
    WHEN is_sale THEN 'completed'
    WHEN EXISTS (SELECT FROM e WHERE e.order_id = o.id AND step = 'auth_ok') THEN 'refunded'
    WHEN EXISTS (SELECT FROM e WHERE e.order_id = o.id AND party = 'system'
      AND step IN ('expire_unpaid', 'abandon_paying')) THEN 'expired'
    ELSE 'cancelled' END
UNION ALL
SELECT 'over, and still waiting for something', o.id::text FROM o
  WHERE over AND (EXISTS (SELECT FROM orders_operation WHERE order_id = o.id AND due_at IS NOT NULL)
    OR EXISTS (SELECT FROM orders_deadline WHERE order_id = o.id))
UNION ALL
SELECT 'nothing will ever happen to it', o.id || ' ' || o.state FROM o WHERE NOT over
  AND NOT EXISTS (SELECT FROM orders_operation WHERE order_id = o.id AND due_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM orders_deadline WHERE order_id = o.id)
UNION ALL
SELECT 'quarantined', o.id || ' ' || needs_attention FROM o WHERE quarantined_at IS NOT NULL
