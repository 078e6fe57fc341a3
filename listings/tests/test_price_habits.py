"""What prices are compared with: the quartiles of offers, and the habits of categories."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from listings.models import Brand, Category, Listing, PricePrior
from listings.querysets.quartiles import quartiles_of
from listings.services import priors
from marketplace.common.ids import uuid7

pytestmark = pytest.mark.django_db

Offers = Callable[..., list[Listing]]


def test_the_statement_agrees_with_arithmetic(offers: Offers) -> None:
    prices = [100, 5_000, 7_700, 12_345, 20_001, 33_333, 41_000]
    offers(prices)

    found = quartiles_of(Listing.objects.on_offer())

    assert found is not None
    expected = statistics.quantiles(prices, n=4, method="inclusive")
    assert [found.p25, found.p50, found.p75] == pytest.approx(expected)
    assert quartiles_of(Listing.objects.none() | Listing.objects.filter(pk=uuid7())) is None


def test_11_habits_are_computed_for_category_brand_condition_and_both(
    offers: Offers, catalog: dict[str, Category]
) -> None:
    offers([100_000] * 5, brand="apple", condition="New")
    offers([200_000] * 5, condition="")
    offers([300_000] * 4, category="phones")

    assert priors.precompute(now=timezone.now()) == {"priors": 4}

    rows = PricePrior.objects.order_by("n", "brand", "condition").values_list(
        "category__slug", "brand__slug", "condition", "n", "p50"
    )
    assert set(rows) == {
        ("laptops", None, None, 10, 150_000),
        ("laptops", "apple", None, 5, 100_000),
        ("laptops", None, "new", 5, 100_000),
        ("laptops", "apple", "new", 5, 100_000),
    }


def test_11_habits_are_replaced_and_those_of_what_is_no_longer_offered_go(offers: Offers) -> None:
    made = offers([100_000] * 5)
    priors.precompute(now=timezone.now())
    priors.precompute(now=timezone.now())
    assert PricePrior.objects.count() == 1

    Listing.objects.filter(pk=made[0].pk).update(state="paused")
    assert priors.precompute(now=timezone.now()) == {"priors": 0}
    assert not PricePrior.objects.exists()


def test_nobody_makes_the_habit_of_a_category_alone(make_listing: Callable[..., Listing]) -> None:
    for _ in range(9):
        make_listing(price_cents=99_999_900)

    assert priors.precompute(now=timezone.now()) == {"priors": 0}


def test_11_the_closest_habit_is_taken(catalog: dict[str, Category]) -> None:
    apple = Brand.objects.get(slug="apple")
    facts = {"category": catalog["laptops"], "currency": "COP", "p25": 0, "p75": 99, "n": 9}
    PricePrior.objects.create(p50=1, **facts)
    PricePrior.objects.create(p50=2, condition="new", **facts)
    PricePrior.objects.create(p50=3, brand=apple, **facts)
    PricePrior.objects.create(p50=4, brand=apple, condition="new", **facts)

    def closest(**wanted: Any) -> float | None:
        wanted = {"brand_id": None, "condition": None, "currency": "COP", **wanted}
        prior = priors.prior_for(catalog["laptops"].pk, **wanted)
        return prior.p50 if prior else None

    assert closest() == 1
    assert closest(condition="New") == 2
    assert closest(condition="poor", brand_id=uuid7()) == 1
    assert closest(brand_id=apple.pk) == 3
    assert closest(brand_id=apple.pk, condition="new") == 4
    assert closest(currency="USD") is None
