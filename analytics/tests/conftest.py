"""A seller's things."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from accounts.models import User
from analytics.services import answering
from listings.models import Category, Listing
from listings.services import catalogs, listings


@pytest.fixture(autouse=True)
def nobody_is_remembered() -> Iterator[None]:
    answering.forget()
    yield
    answering.forget()


@pytest.fixture
def make_listing(seller: User) -> Callable[..., Listing]:
    def make(title: str = "Calculadora", *, by: User | None = None, quantity: int = 5) -> Listing:
        catalogs.seed_base()
        facts = {
            "title": title,
            "price_cents": 8_500_000,
            "currency": "COP",
            "category": Category.objects.earliest("pk"),
        }
        return listings.offer(by or seller, facts=facts, quantity=quantity)

    return make


@pytest.fixture
def listing(make_listing: Callable[..., Listing]) -> Listing:
    return make_listing()
