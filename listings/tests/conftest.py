"""Things to try things on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from listings.models import Brand, Category, Listing
from listings.models.listing import point
from listings.services import catalogs, listings
from listings.tests.studio import local_files, local_studio, no_limits, studio  # noqa: F401  (fixtures)
from marketplace.tests.test_storage_s3 import s3_server  # noqa: F401  (a fixture)

CAMPUS = (4.6014, -74.0661)  # latitude, longitude


@pytest.fixture
def catalog(db: None) -> dict[str, Category]:
    catalogs.seed_base()
    return {category.slug: category for category in Category.objects.all()}


@pytest.fixture
def make_listing(catalog: dict[str, Category], seller: User) -> Callable[..., Listing]:
    """`make_listing(title="Mouse", category="accessories", at=(4.6, -74.07))`, by the seller unless `by` says else."""

    def make(
        *,
        by: User | None = None,
        category: str = "laptops",
        brand: str | None = None,
        at: tuple[float, float] | None = None,
        quantity: int = 1,
        state: str = Listing.State.LIVE,
        **facts: Any,
    ) -> Listing:
        facts = {"title": "Lenovo ThinkPad X1", "price_cents": 150_000_00, "currency": "COP", **facts}
        facts["category"] = catalog[category]
        facts["brand"] = Brand.objects.get(slug=brand) if brand else None
        facts["location"] = point(*at) if at else None
        return listings.offer(by or seller, facts=facts, quantity=quantity, state=state)

    return make


@pytest.fixture
def body(catalog: dict[str, Category]) -> dict[str, Any]:
    """What an app posts."""
    return {
        "title": "Calculadora Casio",
        "description": "Poco uso",
        "category_id": str(catalog["accessories"].pk),
        "brand_id": None,
        "price_cents": 85_000_00,
        "currency": "COP",
        "condition": "used",
        "quantity": 2,
        "location": {"latitude": CAMPUS[0], "longitude": CAMPUS[1]},
    }


@pytest.fixture
def offers(make_person: Callable[..., User], make_listing: Callable[..., Listing]) -> Callable[..., list[Listing]]:
    """`offers([100, 200], category="phones")`: one by one from three sellers who are nobody else."""
    sellers = [make_person(f"shop{n}") for n in range(3)]

    def make(prices: list[int], **facts: Any) -> list[Listing]:
        return [make_listing(by=sellers[n % 3], price_cents=cents, **facts) for n, cents in enumerate(prices)]

    return make
