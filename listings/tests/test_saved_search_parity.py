"""The statement that asks all saved searches about one listing agrees with the reference, which asks one about all."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts.models import User
from listings.models import Brand, Category, Listing, SavedSearch, SavedSearchHit
from listings.models.listing import point
from listings.search import watching
from listings.search.criteria import found
from listings.search.stored import criteria_of, stored
from listings.services import listings

pytestmark = pytest.mark.django_db

WORDS = (
    "Calculadora",
    "teléfono",
    "mouse",
    "lamp",
    "libro",
    "the",
    "Cálculo",
    "MacBook",
    "Apple",
    "Ratón",
    "§ &",
    "lap",
)
CONDITIONS = (None, "", "new", "New", "USED", "ÚNICO", "único")
PLACES = ((4.6014, -74.0661), (4.65, -74.05), (0.0, 180.0), (0.0, -179.99), (89.999, 10.0), (-89.9, -120.0), None)
RADII = (0.0, 0.5, 3.0, 8.0, 50.0, 20_000.0)
PRICES = (0, 1, 99, 100, 101, 5_000_000_000)


@pytest.fixture
def tree(catalog: dict[str, Category]) -> list[Category]:
    gaming = Category.objects.create(slug="gaming", name="Gaming", parent=catalog["laptops"], reviewed_at=Now())
    old = Category.objects.create(slug="old", name="Old", parent=gaming, reviewed_at=Now())
    return [*catalog.values(), gaming, old]


def some_listing(dice: random.Random, sellers: list[User], tree: list[Category], brands: list[Brand | None]) -> Listing:
    place = dice.choice(PLACES)
    facts: dict[str, Any] = {
        "title": " ".join(dice.sample(WORDS, 2)),
        "description": dice.choice((None, " ".join(dice.sample(WORDS, 3)))),
        "category": dice.choice(tree),
        "brand": dice.choice(brands),
        "price_cents": dice.choice(PRICES),
        "condition": dice.choice(CONDITIONS),
        "location": point(*place) if place else None,
    }
    return listings.offer(dice.choice(sellers), facts=facts, state=dice.choices(["live", "paused"], [9, 1])[0])


def some_filters(dice: random.Random, sellers: list[User], tree: list[Category], brands: list[Any]) -> dict[str, Any]:
    place = dice.choice(PLACES[:-1])
    choices: dict[str, Callable[[], dict[str, Any]]] = {
        "q": lambda: {"q": " ".join(dice.sample(WORDS, dice.choice((1, 1, 2)))).lower()},
        "category": lambda: {"category_id": dice.choice(tree).pk},
        "brand": lambda: {"brand_id": dice.choice(brands[1:]).pk},
        "least": lambda: {"min_price": dice.choice(PRICES)},
        "most": lambda: {"max_price": dice.choice(PRICES)},
        "condition": lambda: {"condition": dice.choice(CONDITIONS[2:])},
        "seller": lambda: {"seller_id": dice.choice(sellers).pk},
        "place": lambda: {"near_lat": place[0], "near_lon": place[1], "radius_km": dice.choice(RADII)},
    }
    wanted: dict[str, Any] = {}
    for name in dice.sample(sorted(choices), dice.choice((0, 1, 1, 2, 3))):
        wanted |= choices[name]()
    return wanted


@pytest.mark.parametrize("seed", range(4))
def test_the_statement_agrees_with_the_reference(
    seed: int, seller: User, stranger: User, buyer: User, tree: list[Category]
) -> None:
    dice, sellers = random.Random(seed), [seller, stranger]
    brands: list[Brand | None] = [None, *Brand.objects.all()]
    things = [some_listing(dice, sellers, tree, brands) for _ in range(40)]
    searches = SavedSearch.objects.bulk_create(
        SavedSearch(user=buyer, name=str(number), criteria=stored(some_filters(dice, sellers, tree, brands)))
        for number in range(120)
    )

    by_statement = {
        (hit.search_id, listing.pk) for listing in things for hit in watching.remember_hits(listing.pk, most=1_000).new
    }
    by_reference = {
        (search.pk, key)
        for search in searches
        for key in found(criteria_of(search.criteria), buyer).values_list("pk", flat=True)
    }

    assert by_statement == by_reference
    assert len(by_reference) > 200
    assert set(SavedSearchHit.objects.values_list("search_id", "listing_id")) == by_reference
