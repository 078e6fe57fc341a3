"""A saved search as it is kept: the filters that were given, under their names on the wire, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from listings.search.criteria import Circle, Criteria

KEYS = ("category_id", "brand_id", "seller_id")
PLAIN = ("q", "min_price", "max_price", "condition")
PLACE = ("near_lat", "near_lon", "radius_km")


def stored(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Checked filters as JSON; what is none or empty is not there."""
    given = {name: filters[name] for name in (*KEYS, *PLAIN, *PLACE) if filters.get(name) not in (None, "")}
    return {name: str(value) if name in KEYS else value for name, value in given.items()}


def criteria_of(filters: Mapping[str, Any]) -> Criteria:
    keys: dict[str, Any] = {name: UUID(filters[name]) for name in KEYS if name in filters}
    plain = {name: filters[name] for name in PLAIN if name in filters}
    near = Circle(*(filters[name] for name in PLACE)) if "near_lat" in filters else None
    return Criteria(near=near, **keys, **plain)
