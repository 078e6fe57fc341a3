"""What somebody is looking for, and the queryset that finds it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from listings.models import Category, Listing
from listings.models.listing import point
from listings.querysets.listing import ListingQuerySet


class Sort(StrEnum):
    NEAREST = "nearest"
    NEWEST = "newest"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    BEST = "best"


@dataclass(frozen=True)
class Circle:
    latitude: float
    longitude: float
    radius_km: float

    @property
    def is_at_the_edge(self) -> bool:
        """Near a pole or the date line, where one place has several names."""
        return abs(self.latitude) > 89.9 or abs(self.longitude) > 179.9


@dataclass(frozen=True)
class Criteria:
    """The filters of `GET /v1/listings`, without its pages. All that are given must hold."""

    q: str = ""
    category_id: UUID | None = None
    brand_id: UUID | None = None
    min_price: int | None = None
    max_price: int | None = None
    condition: str | None = None
    seller_id: UUID | None = None
    mine: bool = False
    near: Circle | None = None
    sort: Sort | None = None
    loosely: bool = False  # by likeness of the title: for a `q` whose words stand nowhere

    @property
    def order(self) -> Sort:
        """As the contract has it: nearest first around a place, newest first otherwise."""
        order = self.sort or (Sort.NEAREST if self.near else Sort.NEWEST)
        lacks = {Sort.BEST: not self.q, Sort.NEAREST: self.near is None}
        return Sort.NEWEST if lacks.get(order) else order

    @cached_property
    def given(self) -> frozenset[str]:
        """The names of the filters that are given."""
        names = {spec.name for spec in fields(self) if getattr(self, spec.name) != spec.default}
        return frozenset(names - {"sort", "loosely"})


def found(criteria: Criteria, viewer: Any) -> ListingQuerySet:
    """The reference: what the fast statements are compared with, row by row."""
    rows: ListingQuerySet = Listing.objects.of(viewer) if criteria.mine else Listing.objects.on_offer()
    if criteria.category_id is not None:
        rows = rows.in_category(Category.objects.family_of(criteria.category_id))
    if criteria.q:
        rows = rows.resembling(criteria.q) if criteria.loosely else rows.saying(criteria.q)
    rows = rows.priced(least=criteria.min_price, most=criteria.max_price)
    exact = {"brand": criteria.brand_id, "condition__iexact": criteria.condition, "seller": criteria.seller_id}
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    if criteria.near is not None:
        place = point(criteria.near.latitude, criteria.near.longitude)
        rows = rows.near(place, within_metres=criteria.near.radius_km * 1000)
    match criteria.order:
        case Sort.NEWEST:
            return rows.newest()
        case Sort.CHEAPEST:
            return rows.order_by("price_cents", "id")
        case Sort.DEAREST:
            return rows.order_by("-price_cents", "-id")
        case Sort.BEST:
            return rows.most_alike_first(criteria.q) if criteria.loosely else rows.best_first(criteria.q)
    return rows  # `near` has sorted them
