"""How many there are in all, without counting a whole campus. See docs/decisions/0007-totals.md."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from listings.search.criteria import Circle, Criteria
from listings.search.statements import EXACT_UP_TO, Shape, matching
from marketplace.common.shortlived import ShortLived

CELL_DEGREES = 0.0025  # as in the migration that made the grid
SMALLEST_FOR_CELLS_KM = 1.0  # inside less, the squares' corners weigh too much
EARTH_KM = 6_371.0088
ALL = UUID(int=0)  # the grid's sum over the categories
WORTH_COUNTING = EXACT_UP_TO * 3 // 2  # above it a first guess is believed
estimates: ShortLived[tuple[str, str], int] = ShortLived(60.0, most=4_096)
dense: ShortLived[tuple[object, ...], int] = ShortLived(60.0, most=16_384)


def rough_source(criteria: Criteria) -> str:
    """Where a first guess stands ready: for everything on offer, and for circles. A small one lets rows be counted."""
    if not criteria.given:
        return "index"
    if criteria.near is None or criteria.mine or criteria.near.radius_km < SMALLEST_FOR_CELLS_KM:
        return ""
    return "cells"


def remember(criteria: Criteria, rough: int | None) -> None:
    """A dense place stays dense for a minute: whoever asks there again need not sum it up again."""
    if rough is not None and rough > WORTH_COUNTING:
        dense.put(_place(criteria), rough)


def remembered(criteria: Criteria) -> int | None:
    return dense.peek(_place(criteria)) if rough_source(criteria) else None


def _place(criteria: Criteria) -> tuple[object, ...]:
    """To the square: inside one the sums are alike."""
    if criteria.near is None:
        return ()
    circle = criteria.near
    row, col = math.floor(circle.latitude / CELL_DEGREES), math.floor(circle.longitude / CELL_DEGREES)
    return row, col, circle.radius_km, criteria.category_id


def forget() -> None:
    estimates.forget()
    dense.forget()


def is_the_total(criteria: Criteria) -> bool:
    """Whether the first guess knows of all filters, or only of the circle."""
    return criteria.given <= {"near", "category_id"}


def cells_within(circle: Circle, homes: list[UUID]) -> dict[str, Any]:
    """The grid squares around a circle, and the cosine of its radius as seen from the middle of the earth."""
    angle = circle.radius_km / EARTH_KM
    lat, lon = math.radians(circle.latitude), math.radians(circle.longitude)
    south, north = circle.latitude - math.degrees(angle), circle.latitude + math.degrees(angle)
    west, east = _west_and_east(circle, angle)
    return {
        "homes": homes or [ALL],
        "south": math.floor(south / CELL_DEGREES) - 1,
        "north": math.floor(north / CELL_DEGREES) + 1,
        "west": math.floor(west / CELL_DEGREES) - 1,
        "east": math.floor(east / CELL_DEGREES) + 1,
        "x": math.cos(lat) * math.cos(lon),
        "y": math.cos(lat) * math.sin(lon),
        "z": math.sin(lat),
        "cosine": math.cos(min(angle, math.pi)),
    }


def _west_and_east(circle: Circle, angle: float) -> tuple[float, float]:
    """All the way round when a pole or the date line is inside."""
    if abs(math.radians(circle.latitude)) + angle >= math.pi / 2:
        return -180, 180
    half = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(circle.latitude))))
    west, east = circle.longitude - half, circle.longitude + half
    return (west, east) if west >= -180 and east <= 180 else (-180, 180)


def estimate(shape: Shape, values: Mapping[str, Any]) -> int:
    """The planner's own guess, from its statistics; asked once a minute for the same search."""
    asked = {name: value for name, value in values.items() if name not in ("skip", "take", "page_size", "pool")}
    return estimates.get((repr(shape), repr(sorted(asked.items()))), lambda: _ask_planner(shape, values))


def _ask_planner(shape: Shape, values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT {matching(shape)}", dict(values))
        plan = cursor.fetchone()[0]
    return int((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def count_cells() -> int:
    """Bring the grid up to date; the number of squares that changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT listings_count_cells()")
        return int(cursor.fetchone()[0])
