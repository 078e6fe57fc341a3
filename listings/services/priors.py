"""What categories usually ask for, computed once an hour for everybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q

from listings.models import PricePrior
from listings.querysets.quartiles import Quartiles

WINDOW = timedelta(days=90)
LEAST_OFFERS = 5
LEAST_SELLERS = 3  # nobody makes a market alone

_FORGET = "DELETE FROM listings_priceprior"
# Each offer counts for its category, and within it for its brand, its condition, and both; UNION drops repetitions
_COMPUTE = """
WITH asked AS (
  SELECT category_id, brand_id, lower(nullif(condition, '')) AS condition, currency, seller_id, price_cents AS cents
  FROM listings_listing WHERE is_active AND price_cents > 0 AND created_at >= %(since)s
),
scoped AS (
  SELECT category_id, scope.brand_id, scope.condition, currency, seller_id, cents,
         ROW(category_id, scope.brand_id, scope.condition, currency)::text AS key
  FROM asked, LATERAL (
    SELECT NULL::uuid, NULL::text UNION SELECT brand_id, NULL UNION SELECT NULL, condition
    UNION SELECT brand_id, condition
  ) AS scope(brand_id, condition)
),
fences AS (
  SELECT key, percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY cents) AS q FROM scoped GROUP BY key
),
meant AS (
  SELECT scoped.* FROM scoped JOIN fences USING (key)
  WHERE cents BETWEEN q[1] - 1.5 * (q[2] - q[1]) AND q[2] + 1.5 * (q[2] - q[1])
),
found AS (
  SELECT category_id, brand_id, condition, currency, count(*) AS n,
         percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY cents) AS q
  FROM meant GROUP BY category_id, brand_id, condition, currency
  HAVING count(*) >= %(offers)s AND count(DISTINCT seller_id) >= %(sellers)s
)
INSERT INTO listings_priceprior (category_id, brand_id, condition, currency, p25, p50, p75, n, updated_at)
SELECT category_id, brand_id, condition, currency, round(q[1]), round(q[2]), round(q[3]), n, %(now)s FROM found
"""


@transaction.atomic
def precompute(*, now: datetime) -> dict[str, int]:
    """All anew in one transaction; readers see the old ones until it commits."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'")
        cursor.execute("SET LOCAL lock_timeout = '5min'")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('listings.priors'))")  # two at once take turns
        cursor.execute(_FORGET)
        cursor.execute(
            _COMPUTE,
            {"since": now - WINDOW, "offers": LEAST_OFFERS, "sellers": LEAST_SELLERS, "now": now},
        )
        return {"priors": cursor.rowcount}


def prior_for(category_id: UUID, *, brand_id: UUID | None, condition: str | None, currency: str) -> Quartiles | None:
    """The closest there is: the brand's before everybody's, this condition's before any."""
    rows = PricePrior.objects.filter(
        Q(brand=brand_id) | Q(brand=None),
        Q(condition=(condition or "").lower()) | Q(condition=None),
        category=category_id,
        currency=currency,
    )
    prior = rows.order_by(F("brand").asc(nulls_last=True), F("condition").asc(nulls_last=True)).first()
    return Quartiles(prior.p25, prior.p50, prior.p75, n=prior.n) if prior else None
