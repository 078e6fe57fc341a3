"""The statements of the hot list door: one text for each combination of filters, put together once.

Only names of ours become text; every value travels as a parameter. Each combination has a text of its own, rather
than one with `x IS NULL OR …`, so that PostgreSQL can plan for the filters that are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from listings.search.criteria import Criteria, Sort
from listings.search.items import DRAWN

EXACT_UP_TO = 1_000  # totals are counted this far
WORDS_POOL = 1_000  # a word found more often than this is common
FRESH_POOL = 1_500  # and found more often than this among the fresh, it is met soon in any list
USUAL_SIZES = frozenset({20, 50, 100})  # of pages: each has statements of its own
RANKED = 300  # of a common word, the newest so many are ranked

PLACE = "ST_MakePoint(%(longitude)s::float8, %(latitude)s::float8)::geography"
DISTANCE = f"(l.location <-> {PLACE})"
FILTERS = {
    "category_id": "l.category_id = %(category_id)s",
    "family": "l.category_id = ANY(%(family)s)",
    "brand_id": "l.brand_id = %(brand_id)s",
    "min_price": "l.price_cents >= %(min_price)s",
    "max_price": "l.price_cents <= %(max_price)s",
    "condition": "upper(l.condition::text) = upper(%(condition)s::text)",
    "seller_id": "l.seller_id = %(seller_id)s",
    # the box is what the index understands and the planner can estimate; ST_DWithin it takes for almost nothing
    "near": f"l.location && _st_expand({PLACE}, %(metres)s::float8) AND {DISTANCE} <= %(metres)s::float8",
    "words": "l.search @@ listings_query(%(q)s)",
    "alike": "(l.plain_title %%> listings_plain(%(q)s) OR l.plain_title LIKE listings_like(%(q)s))",
}
KNOWN_OF_FRESH = frozenset({"category_id", "family", "brand_id", "min_price", "max_price", "condition"})
RANKS = {
    "words": "ts_rank(l.search, listings_query(%(q)s))",
    "alike": "word_similarity(listings_plain(%(q)s), l.plain_title)",
}


class Road(StrEnum):
    """How rows that hold words are reached."""

    INDEX = "index"  # by whatever index the planner chooses
    WORDS = "words"  # by the word index, as long as there are not too many
    FRESH = "fresh"  # by the word index of the newest few
    ALIKE = "alike"  # by the trigram index


@dataclass(frozen=True)
class Order:
    by: str
    keys: tuple[str, ...]  # what a cursor remembers
    after: str = ""

    @property
    def position(self) -> str:
        return "ARRAY[" + ", ".join(f"{key}::text" for key in self.keys) + "]"


ORDERS = {
    Sort.NEWEST: Order(
        "{0}created_at DESC, {0}id DESC",
        ("created_at", "id"),
        "({0}created_at, {0}id) < (%(after_0)s::timestamptz, %(after_1)s::uuid)",
    ),
    Sort.CHEAPEST: Order(
        "{0}price_cents, {0}id",
        ("price_cents", "id"),
        "({0}price_cents, {0}id) > (%(after_0)s::bigint, %(after_1)s::uuid)",
    ),
    Sort.DEAREST: Order(
        "{0}price_cents DESC, {0}id DESC",
        ("price_cents", "id"),
        "({0}price_cents, {0}id) < (%(after_0)s::bigint, %(after_1)s::uuid)",
    ),
    Sort.NEAREST: Order(
        "distance, {0}created_at DESC, {0}id DESC",
        ("distance", "created_at", "id"),
        f"({DISTANCE} > %(after_0)s::float8 OR ({DISTANCE} = %(after_0)s::float8"
        " AND ({0}created_at, {0}id) < (%(after_1)s::timestamptz, %(after_2)s::uuid)))",
    ),
    Sort.BEST: Order("rank DESC, {0}created_at DESC, {0}id DESC", ()),
}


@dataclass(frozen=True)
class Shape:
    """What a statement depends on, besides its values."""

    order: Sort
    mine: bool
    filters: frozenset[str]  # of FILTERS, words apart
    words: str = ""  # "", "words" or "alike"
    road: Road = Road.INDEX
    is_after: bool = False
    rough: str = ""  # "", "index" or "cells"
    is_at_the_edge: bool = False
    is_counted: bool = True  # common words are not: it would take longer than the page
    size: int | None = None  # of a first page, or of one after a cursor; else it travels as a parameter

    @property
    def page_size(self) -> str:
        return "%(page_size)s" if self.size is None else str(self.size)

    @property
    def window(self) -> str:
        return "OFFSET %(skip)s LIMIT %(take)s" if self.size is None else f"LIMIT {self.size + 1}"

    @property
    def where(self) -> list[str]:
        """What holds for each row, wherever it comes from."""
        words = [FILTERS[self.words]] if self.words and self.road == Road.INDEX else []
        return [*self._owner, *(FILTERS[name] for name in sorted(self.filters)), *words]

    @property
    def _owner(self) -> list[str]:
        if self.road == Road.FRESH:
            return []  # all of them are on offer
        return ["l.seller_id = %(viewer)s AND l.removed_at IS NULL" if self.mine else "l.is_active"]

    @property
    def can_be_fresh(self) -> bool:
        """Whether the newest are what is wanted, and the fresh know enough to say which match."""
        return self.order == Sort.NEWEST and self.is_known_of_fresh

    @property
    def is_known_of_fresh(self) -> bool:
        return self.words == "words" and self.filters <= KNOWN_OF_FRESH

    @property
    def is_near(self) -> bool:
        return "near" in self.filters

    @property
    def has_one_plan(self) -> bool:
        """The best plan is the same whatever the values: it is made once and kept.

        Of words, of prices and of circles in another order the planner must see the values: a common word and a rare
        one, a wide circle and a narrow one, want different roads.
        """
        if self.road != Road.INDEX:
            return True  # a pool chooses its index itself, and what follows goes by key
        if self.words or self.order == Sort.BEST:
            return False
        if self.is_near:
            return self.order == Sort.NEAREST and self.filters == {"near"}
        return self.order == Sort.NEWEST and self.filters <= {"category_id", "brand_id", "seller_id"}

    @property
    def keeps_its_plan(self) -> bool:
        """If the size of the page is known. Without it PostgreSQL reckons with a tenth of all rows, finds its lasting
        plan too dear each time, and makes another one for each page, which takes as long as reading it.

        Of two filters one may be rare and the other not: there it should see the values.
        """
        is_newest = self.road == Road.INDEX and self.order == Sort.NEWEST and not self.is_near
        return is_newest and self.has_one_plan and len(self.filters) <= 1


def shape_of(criteria: Criteria, *, has_children: bool, **rest: Any) -> Shape:
    filters = criteria.given - {"mine", "q"}
    if has_children:
        filters = filters - {"category_id"} | {"family"}
    words = ("alike" if criteria.loosely else "words") if criteria.q else ""
    is_at_the_edge = criteria.near is not None and criteria.near.is_at_the_edge
    return Shape(criteria.order, criteria.mine, filters, words, is_at_the_edge=is_at_the_edge, **rest)


@lru_cache(maxsize=2_048)
def page_statement(shape: Shape) -> str:
    """One row: the items as JSON, how many rows were picked, the last position, a rough and an exact count."""
    by = ORDERS[shape.order].by.format("k.")
    distance = """|| ',"distance_m":' || (round(k.distance / 100) * 100)::int""" if shape.is_near else ""
    return f"""
WITH {_sources(shape)},
rough AS MATERIALIZED (SELECT {ROUGH[shape.rough]} AS n)
SELECT
  (SELECT convert_to(coalesce('[' || string_agg(item, ',') || ']', '[]'), 'UTF8') FROM (
    SELECT {DRAWN} {distance} || '}}' AS item
    FROM picked k JOIN listings_listing l ON l.id = k.id LEFT JOIN listings_card c ON c.listing_id = k.id
    ORDER BY {by} LIMIT {shape.page_size}) drawn),
  (SELECT count(*) FROM picked),
  {_last(shape)},
  rough.n,
  {_exact(shape)},
  {"(SELECT count(*) FROM pool)" if shape.road != Road.INDEX else "NULL::bigint"}
FROM rough"""  # noqa: S608


@lru_cache(maxsize=2_048)
def matching(shape: Shape) -> str:
    """The rows that match, without an order: what is counted, estimated and summed up."""
    return f"{_rows(shape)} WHERE {' AND '.join(shape.where) or 'true'}"


POOLS = {
    Road.WORDS: "pool AS MATERIALIZED (SELECT * FROM listings_saying(%(q)s, %(pool)s::integer))",
    Road.FRESH: "pool AS MATERIALIZED (SELECT * FROM listings_fresh_saying(%(q)s))",
    Road.ALIKE: "pool AS MATERIALIZED (SELECT * FROM listings_resembling(%(q)s, %(pool)s::integer))",
}
ROUGH = {
    "": "NULL::bigint",
    "index": "(SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'listing_newest'::regclass)",
    "cells": """(SELECT coalesce(sum(n), 0)::bigint FROM listings_cell WHERE category_id = ANY(%(homes)s)
      AND "row" BETWEEN %(south)s AND %(north)s AND col BETWEEN %(west)s AND %(east)s
      AND x * %(x)s::float8 + y * %(y)s::float8 + z * %(z)s::float8 >= %(cosine)s::float8)""",
}


def _last(shape: Shape) -> str:
    """Where the page ends, for an order that a cursor can go on from."""
    order = ORDERS[shape.order]
    if not order.keys:
        return "NULL::text[]"
    by = order.by.format("k.")
    return f"(SELECT {order.position} FROM picked k ORDER BY {by} OFFSET {shape.page_size} - 1 LIMIT 1)"  # noqa: S608


def _rows(shape: Shape) -> str:
    if shape.road == Road.INDEX:
        return "FROM listings_listing l"
    if shape.road == Road.FRESH:
        return "FROM pool l"
    return "FROM pool JOIN listings_listing l ON l.id = pool.id"


def _sources(shape: Shape) -> str:
    if shape.road == Road.INDEX:
        return f"picked AS MATERIALIZED ({_picked(shape)})"
    keys = f"SELECT {_keys(shape)} {matching(shape)}"
    if not shape.filters and shape.order == Sort.NEWEST:
        keys = "SELECT id, created_at FROM pool"  # nothing else is asked of the row
    order = ORDERS[shape.order]
    after = f"WHERE {order.after.format('')}" if shape.is_after else ""
    if shape.order == Sort.NEAREST:
        after = after.replace(DISTANCE, "distance")
    by = order.by.format("")
    return f"""{POOLS[shape.road]}, matched AS MATERIALIZED ({keys}),
picked AS MATERIALIZED (SELECT * FROM matched {after} ORDER BY {by} {shape.window})"""  # noqa: S608


def _picked(shape: Shape) -> str:
    order = ORDERS[shape.order]
    where = [*shape.where, *([order.after.format("l.")] if shape.is_after else [])]
    start = f"SELECT {_keys(shape)} FROM listings_listing l WHERE {' AND '.join(where)}"  # noqa: S608
    window = f"ORDER BY {order.by.format('')} {shape.window}"
    if shape.order == Sort.NEAREST:
        # the index sorts by distance alone: take all that are as far as the last one, then sort those out. Where two
        # names of one place lie nowhere near each other in the index (180 and -180 east), it would give up: sort there
        distance = f"{DISTANCE} + 0" if shape.is_at_the_edge else DISTANCE
        return f"""SELECT * FROM ({start}
    ORDER BY {distance} FETCH FIRST (%(skip)s::bigint + %(take)s::bigint) ROWS WITH TIES) near {window}"""  # noqa: S608
    if shape.order == Sort.BEST:
        return f"""SELECT * FROM ({start} ORDER BY l.created_at DESC, l.id DESC LIMIT {RANKED}) newest {window}"""  # noqa: S608
    return f"{start} ORDER BY {order.by.format('l.')} {shape.window}"


def _keys(shape: Shape) -> str:
    """Only what the order needs: the newest can then be read from their index alone."""
    keys = "l.id, l.created_at"
    if shape.order in {Sort.CHEAPEST, Sort.DEAREST}:
        keys += ", l.price_cents"
    if shape.is_near:
        keys += f", {DISTANCE} AS distance"
    if shape.order == Sort.BEST:
        keys += f", {RANKS[shape.words]} AS rank"
    return keys


def _exact(shape: Shape) -> str:
    """NULL when the rough count says that it would be long."""
    if shape.road in {Road.WORDS, Road.ALIKE}:
        return "(SELECT count(*) FROM matched)"
    if not shape.is_counted or shape.road == Road.FRESH:
        return "NULL::bigint"
    count = f"(SELECT count(*) FROM (SELECT {matching(shape)} LIMIT {EXACT_UP_TO + 1}) counted)"  # noqa: S608
    return f"CASE WHEN coalesce(rough.n, 0) <= {EXACT_UP_TO * 3 // 2} THEN {count} END" if shape.rough else count
