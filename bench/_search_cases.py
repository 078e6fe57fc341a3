"""What is asked: for each case the paths for ours and for the peer, and the statement for pgbench."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from _search_data import PICKED, Market

HOW_MANY = 2_000
ONE_WORD = (
    *("thinkpad", "iphone", "calculadora", "macbook", "teclado", "monitor", "bicicleta", "stewart", "anatomía"),
    *("wacom", "galaxy", "arduino", "guitarra", "diccionario", "morral", "netter", "laptop", "chair"),
)
TWO_WORDS = (
    *("lenovo thinkpad", "cálculo stewart", "samsung galaxy", "mouse logitech", "iphone negociable", "portátil hp"),
    *("álgebra grossman", "monitor pulgadas", "clases inglés", "física serway", "bata laboratorio", "xiaomi poco"),
    *("cargador macbook", "lab coat", "graphing calculator", "silla ergonómica", "audífonos sony", "kit arduino"),
)
COLUMNS = """id, seller_id, title, description, category_id, brand_id, price_cents, currency, condition,
  quantity - reserved - sold, is_active, shown_latitude, shown_longitude, price_suggestion_used, quick_view_enabled,
  created_at, updated_at, state, version"""


@dataclass(frozen=True)
class Case:
    """`ours` and `peer` give paths; their `ask` fetches JSON from whom they are for."""

    name: str
    ours: Callable[[Market, Callable[[str], Any]], Sequence[str]]
    peer: Callable[[Market, Callable[[str], Any]], Sequence[str]]
    pgbench: Sequence[str]
    must_peer: float | None = None
    must_pgbench: float | None = None


def _radius(market: Market, ask: Any) -> list[str]:
    chance = random.Random(11)
    return [
        f"/v1/listings?near_lat={chance.uniform(4.597, 4.642):.6f}&near_lon={chance.uniform(-74.086, -74.062):.6f}"
        "&radius_km=3&page_size=20"
        for _ in range(HOW_MANY)
    ]


def _newest(market: Market, ask: Any) -> list[str]:
    return ["/v1/listings?page_size=20"]


def _next_pages(market: Market, ask: Callable[[str], Any]) -> list[str]:
    """Cursors are asked for, as a client has to."""
    paths, path = [], "/v1/listings?page_size=200"
    for _ in range(40):
        cursor = quote(ask(path)["next_cursor"])
        path = f"/v1/listings?page_size=200&cursor={cursor}"
        paths.append(f"/v1/listings?page_size=20&cursor={cursor}")
    return paths


def _detail(market: Market, ask: Any) -> list[str]:
    return [f"/v1/listings/{key}" for (key,) in market.rows("SELECT id FROM bench_picked")]


def _saying(words: Sequence[str], path: str = "/v1/listings?page_size=20") -> Callable[[Market, Any], list[str]]:
    def paths(market: Market, ask: Any) -> list[str]:
        return [f"{path}&q={quote(each)}" for each in words]

    return paths


_POINT = """\\set lat 4.597 + random(0, 45000) / 1000000.0
\\set lon -74.086 + random(0, 24000) / 1000000.0
"""
_PICKED = f"\\set n random(1, {PICKED})\n"
_NEAR = f"""{_POINT}SELECT {COLUMNS} FROM listings_listing
 WHERE is_active AND location && _st_expand(ST_MakePoint(:lon, :lat)::geography, 3000)
   AND location <-> ST_MakePoint(:lon, :lat)::geography <= 3000
 ORDER BY location <-> ST_MakePoint(:lon, :lat)::geography LIMIT 21;"""
_FIRST = f"SELECT {COLUMNS} FROM listings_listing WHERE is_active ORDER BY created_at DESC, id DESC LIMIT 21;"
_AFTER = f"""{_PICKED}SELECT {COLUMNS} FROM listings_listing WHERE is_active AND (created_at, id) <
  ((SELECT created_at FROM bench_picked WHERE n = :n), (SELECT id FROM bench_picked WHERE n = :n))
  ORDER BY created_at DESC, id DESC LIMIT 21;"""
_ONE = f"{_PICKED}SELECT {COLUMNS} FROM listings_listing WHERE id = (SELECT id FROM bench_picked WHERE n = :n);"


def _said(words: Sequence[str]) -> list[str]:
    return [
        f"""SELECT {COLUMNS} FROM listings_listing WHERE is_active AND search @@ listings_query('{each}')
        ORDER BY created_at DESC, id DESC LIMIT 21;"""
        for each in words
    ]


def _counted(words: Sequence[str]) -> list[str]:
    return [
        f"""SELECT category_id, brand_id, condition, count(*) FROM listings_listing
        WHERE is_active AND search @@ listings_query('{each}')
        GROUP BY GROUPING SETS ((category_id), (brand_id), (condition));"""
        for each in words
    ]


CASES = (
    Case("radius, 3 km", _radius, _radius, [_NEAR], must_peer=1.1, must_pgbench=0.2),
    Case("newest, first page", _newest, _newest, [_FIRST], must_peer=1.4),
    Case("newest, by cursor", _next_pages, _next_pages, [_AFTER], must_peer=1.4),
    Case("detail", _detail, _detail, [_ONE], must_peer=0.75),
    Case("text, one word", _saying(ONE_WORD), _saying(ONE_WORD), _said(ONE_WORD), must_peer=0.85),
    Case("text, two words", _saying(TWO_WORDS), _saying(TWO_WORDS), _said(TWO_WORDS), must_peer=0.85),
    Case(
        "text with facets",
        _saying(TWO_WORDS, "/v1/listings?facets=true&page_size=20"),
        _saying(TWO_WORDS, "/v1/listings/with-facets?page_size=20"),
        _counted(TWO_WORDS),
    ),
)
