"""What the matching listings are: counts by category, brand, condition and price, over a bounded number of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import connection

from listings.search.criteria import Criteria
from listings.search.families import family_of
from listings.search.finding import are_common, planned_anew, road_to, values_for
from listings.search.statements import POOLS, Road, Shape, matching, shape_of
from marketplace.common.shortlived import ShortLived

COUNTED = 2_000
ENOUGH = 200  # of the fresh ones, to stand for all
SHOWN = 50  # of each kind, the most frequent
BANDS_CENTS = (0, 5_000_000, 20_000_000, 100_000_000, 300_000_000)  # 50, 200, 1,000 and 3,000 thousand pesos
samples: ShortLived[Criteria, str] = ShortLived(60.0, most=1_024)

_BAND = f"width_bucket(price_cents, ARRAY[{', '.join(map(str, BANDS_CENTS))}]::bigint[])"


def _named(column: str, table: str) -> str:
    return f"""(SELECT coalesce(json_agg(row_to_json(counted) ORDER BY count DESC, name), '[]'::json) FROM (
    SELECT sample.{column} AS id, named.name, count(*) AS count FROM sample
    LEFT JOIN {table} named ON named.id = sample.{column}
    GROUP BY 1, 2 ORDER BY 3 DESC, 2 LIMIT {SHOWN}) counted)"""  # noqa: S608


def _statement(shape: Shape) -> str:
    pool = f"{POOLS[shape.road]}, " if shape.road != Road.INDEX else ""
    return f"""
WITH {pool}matched AS MATERIALIZED (
  SELECT l.category_id, l.brand_id, l.condition, l.price_cents {matching(shape)} LIMIT {COUNTED + 1}),
sample AS MATERIALIZED (SELECT * FROM matched LIMIT {COUNTED})
SELECT json_build_object(
  'categories', {_named("category_id", "listings_category")},
  'brands', {_named("brand_id", "listings_brand")},
  'conditions', (SELECT coalesce(json_agg(row_to_json(counted)), '[]'::json) FROM (
    SELECT lower(condition) AS condition, count(*) AS count FROM sample
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {SHOWN}) counted),
  'prices', (SELECT coalesce(json_agg(row_to_json(counted)), '[]'::json) FROM (
    SELECT (ARRAY[{", ".join(map(str, BANDS_CENTS))}]::bigint[])[band] AS min_price,
      (ARRAY[{", ".join(map(str, BANDS_CENTS[1:]))}]::bigint[])[band] - 1 AS max_price, count(*) AS count
    FROM (SELECT {_BAND} AS band FROM sample) banded GROUP BY band ORDER BY band) counted),
  'is_exact', whole.is_exact)::text, whole.is_exact, whole.n
FROM (SELECT {"false" if shape.road == Road.FRESH else f"count(*) <= {COUNTED}"} AS is_exact, count(*) AS n
  FROM matched) whole"""  # noqa: S608


def count_facets(criteria: Criteria, viewer: Any) -> str:
    """A JSON object. What is only a sample of more is good for a minute, as estimated totals are."""
    known = None if criteria.mine else samples.peek(criteria)
    if known is not None:
        return known
    counts, is_exact = _ask(criteria, viewer)
    if not (is_exact or criteria.mine):
        samples.put(criteria, counts)
    return counts


def _ask(criteria: Criteria, viewer: Any) -> tuple[str, bool]:
    """Of common words the newest stand for all, if there are enough: to find all would read half of the index."""
    family = family_of(criteria.category_id) if criteria.category_id else []
    road = road_to(criteria)
    shape = shape_of(criteria, has_children=len(family) > 1, road=Road.INDEX if road == Road.FRESH else road)
    values = values_for(criteria, viewer, family) | {"pool": COUNTED + 1}
    if are_common(criteria) and shape.is_known_of_fresh:
        counts, _, counted = _counted(replace(shape, road=Road.FRESH), values)
        if counted >= ENOUGH:
            return counts, False
    counts, is_exact, _ = _counted(shape, values)
    return counts, is_exact


def _counted(shape: Shape, values: dict[str, Any]) -> tuple[str, bool, int]:
    with planned_anew(), connection.cursor() as cursor:
        cursor.execute(_statement(shape), values)
        counts, is_exact, counted = cursor.fetchone()
    return str(counts), bool(is_exact), int(counted)
