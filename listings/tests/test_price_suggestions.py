"""The campus contract, §11: price suggestions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Category, Listing, PricePrior, PriceSuggestion
from listings.models.listing import LARGEST_CENTS
from listings.services import priors
from listings.services.price_math import CONDITIONS
from marketplace.common.ids import uuid7

pytestmark = pytest.mark.django_db

SUGGEST = "/v1/price-suggestions/suggest"
KEYS = {
    *("id", "listing_id", "suggested_price_cents", "algorithm", "created_at", "p25", "p50", "p75", "n", "source"),
}
Offers = Callable[..., list[Listing]]


@pytest.fixture
def ask(signed_in: Callable[..., APIClient], buyer: User, catalog: dict[str, Category]) -> Callable[..., Any]:
    client = signed_in(buyer)

    def asked(*, category: str | None = "laptops", **query: Any) -> Any:
        if category:
            query["category_id"] = str(catalog[category].pk)
        return client.get(SUGGEST, query).json()

    return asked


def figures(reply: Any) -> tuple[Any, ...]:
    return reply["algorithm"], reply["n"], reply["p25"], reply["p50"], reply["p75"]


# ── The five roads ───────────────────────────────────────────────────────────────────────────────


def test_11_without_anything_to_compare_with_it_is_the_contracts_fallback(ask: Callable[..., Any]) -> None:
    reply = ask()

    assert set(reply) >= KEYS
    assert figures(reply) == ("hardcoded_fallback", 0, 75_000, 100_000, 140_000)
    assert (reply["suggested_price_cents"], reply["source"]) == (100_000, "hardcoded_fallback")
    assert (reply["id"], reply["listing_id"], reply["created_at"]) == ("", "", None)
    assert reply["confidence"] == "none"
    assert "placeholder" in reply["explanation"]


def test_11_kotlin_may_leave_the_category_out(ask: Callable[..., Any], offers: Offers) -> None:
    offers([1000] * 9)

    assert ask(category=None)["algorithm"] == "hardcoded_fallback"
    assert ask(category=None, category_id="", brand_id="")["algorithm"] == "hardcoded_fallback"
    assert ask(category=None, msrp_cents=1_000_000)["algorithm"] == "msrp_heuristic"


def test_11_from_the_price_when_new_by_age_and_condition(ask: Callable[..., Any]) -> None:
    new = ask(msrp_cents=1_000_000, condition="new")
    old = ask(msrp_cents=1_000_000, condition="new", months_since_release=12)
    ancient = ask(msrp_cents=1_000_000, condition="new", months_since_release=12_000)
    worth = {name: ask(msrp_cents=1_000_000, condition=name)["p50"] for name in CONDITIONS}

    assert figures(new) == ("msrp_heuristic", 0, 750_000, 1_000_000, 1_400_000)
    assert (ancient["p50"], ancient["confidence"]) == (250_000, "low")
    assert ancient["p50"] < old["p50"] < new["p50"]
    assert worth == {"new": 1_000_000, "like_new": 900_000, "good": 800_000, "fair": 650_000, "poor": 500_000}
    assert ask(msrp_cents=1_000_000)["p50"] == worth["good"]
    assert ask(msrp_cents=0)["algorithm"] == "hardcoded_fallback"


def test_11_the_middle_of_what_others_ask(ask: Callable[..., Any], offers: Offers) -> None:
    offers([100_000, 200_000, 300_000, 400_000, 500_000])

    reply = ask()

    assert figures(reply) == ("local_median", 5, 200_000, 300_000, 400_000)
    assert reply["confidence"] == "low"
    assert "5 similar offers" in reply["explanation"]
    assert "rough idea" in reply["explanation"]


@pytest.mark.parametrize(("n", "confidence"), [(1, "low"), (7, "low"), (8, "medium"), (19, "medium"), (20, "high")])
def test_confidence_is_honest_about_few_samples(
    ask: Callable[..., Any], offers: Offers, n: int, confidence: str
) -> None:
    offers([100_000] * n)

    reply = ask()

    assert (reply["n"], reply["confidence"]) == (n, confidence)
    assert ("rough idea" in reply["explanation"]) == (confidence == "low")


def test_11_fewer_than_three_are_an_anecdote_when_the_price_when_new_is_known(
    ask: Callable[..., Any], offers: Offers
) -> None:
    offers([100_000, 100_000])

    assert ask()["algorithm"] == "local_median"
    assert ask(msrp_cents=1_000_000)["algorithm"] == "msrp_heuristic"


def test_11_the_habit_of_the_category_stands_in_for_a_brand_that_nobody_offers(
    ask: Callable[..., Any], offers: Offers, catalog: dict[str, Category]
) -> None:
    offers([100_000, 200_000, 300_000, 400_000, 500_000])
    priors.precompute(now=timezone.now())

    reply = ask(brand_id=str(uuid7()))

    assert figures(reply) == ("prior_only", 5, 200_000, 300_000, 400_000)
    assert reply["confidence"] == "low"


def test_11_offers_and_habit_are_weighed_twenty_to_n_and_n_is_at_most_forty(
    ask: Callable[..., Any], offers: Offers, catalog: dict[str, Category]
) -> None:
    PricePrior.objects.create(category=catalog["laptops"], currency="COP", p25=0, p50=0, p75=0, n=9)

    offers([300_000] * 10)
    assert figures(ask()) == ("prior+local_mix", 10, 100_000, 100_000, 100_000)
    offers([300_000] * 40)
    assert figures(ask()) == ("prior+local_mix", 50, 200_000, 200_000, 200_000)


# ── What counts as an offer to compare with ──────────────────────────────────────────────────────


def test_11_only_what_others_offer_now_in_this_category_and_currency_counts(
    ask: Callable[..., Any], offers: Offers, make_listing: Callable[..., Listing], buyer: User
) -> None:
    offers([200_000] * 4)
    offers([900_000], category="phones")
    offers([900_000], currency="USD")
    offers([900_000], state="paused")
    offers([0])
    old = offers([900_000])[0]
    Listing.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=91))
    make_listing(by=buyer, price_cents=900_000)

    assert figures(ask()) == ("local_median", 4, 200_000, 200_000, 200_000)


def test_11_a_category_counts_what_is_below_it(
    ask: Callable[..., Any], offers: Offers, catalog: dict[str, Category]
) -> None:
    Category.objects.filter(slug="phones").update(parent=catalog["accessories"])
    offers([200_000] * 3, category="phones")

    assert ask(category="accessories")["n"] == 3


def test_11_a_brand_narrows_and_so_does_a_condition_with_enough_offers(ask: Callable[..., Any], offers: Offers) -> None:
    apple = offers([500_000] * 3, brand="apple")[0].brand_id
    offers([100_000] * 8, condition="Good")
    offers([300_000] * 9, condition="new")

    assert figures(ask(brand_id=str(apple))) == ("local_median", 3, 500_000, 500_000, 500_000)
    assert figures(ask(condition="good")) == ("local_median", 8, 100_000, 100_000, 100_000)
    assert ask(condition="poor")["n"] == 20


def test_11_prices_that_nobody_means_are_left_out(ask: Callable[..., Any], offers: Offers) -> None:
    offers([100_000, 110_000, 120_000, 130_000, 140_000, 99_999_999_900, 1])

    assert ask()["n"] == 5


# ── Who may ask what ─────────────────────────────────────────────────────────────────────────────


def test_11_no_number_is_made_up_for_an_unknown_category_or_in_another_currency(
    signed_in: Callable[..., APIClient], buyer: User, catalog: dict[str, Category]
) -> None:
    client = signed_in(buyer)
    Category.objects.filter(slug="services").update(is_hidden=True)

    for query in (f"category_id={uuid7()}", f"category_id={catalog['services'].pk}", "currency=usd"):
        reply = client.get(f"{SUGGEST}?{query}")
        assert (reply.status_code, reply.json()["detail"]) == (404, "No price suggestion available")
    assert client.get(f"{SUGGEST}?currency=usd&msrp_cents=100000").json()["currency"] == "USD"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("category_id", "laptops"),
        ("brand_id", "lenovo"),
        ("condition", "used"),
        ("msrp_cents", "-1"),
        ("msrp_cents", "1e9"),
        ("msrp_cents", str(LARGEST_CENTS + 1)),
        ("months_since_release", "-1"),
        ("rounding_quantum", "0"),
        ("rounding_quantum", "10001"),
    ],
)
def test_11_what_does_not_fit_is_a_422(signed_in: Callable[..., APIClient], buyer: User, name: str, value: str) -> None:
    reply = signed_in(buyer).get(SUGGEST, {name: value})

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["query", name]


def test_11_a_suggestion_for_ones_own_listing_is_kept_and_takes_from_it_what_is_not_said(
    signed_in: Callable[..., APIClient], seller: User, offers: Offers, make_listing: Callable[..., Listing]
) -> None:
    offers([200_000] * 4, category="phones")
    listing = make_listing(category="phones", condition="fair", price_cents=900_000)
    client = signed_in(seller)

    reply = client.post(f"/v1/price-suggestions/{listing.pk}/compute", {})

    assert reply.status_code == 201, reply.content
    shown = reply.json()
    assert figures(shown) == ("local_median", 4, 200_000, 200_000, 200_000)
    kept = PriceSuggestion.objects.get()
    assert (shown["id"], shown["listing_id"]) == (str(kept.pk), str(listing.pk))
    assert shown["created_at"].endswith("Z")
    assert client.get(f"/v1/price-suggestions/{listing.pk}/recent").json() == [shown]


def test_11_the_body_wins_over_the_listing(
    signed_in: Callable[..., APIClient], seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(condition="poor")
    url = f"/v1/price-suggestions/{listing.pk}/compute"
    client, body = signed_in(seller), {"msrp_cents": 1_000_000, "category_id": "", "brand_id": None}

    assert client.post(url, body).json()["p50"] == 500_000
    assert client.post(url, {**body, "condition": "new", "rounding_quantum": 3}).json()["p50"] == 999_999
    Listing.objects.update(currency="CLP")
    assert client.post(url, {**body, "condition": "new", "rounding_quantum": 3}).json()["p50"] == 1_000_000
    assert client.post(url, {"rounding_quantum": 0}).status_code == 422
    assert client.post(url, {"category_id": str(uuid7())}).status_code == 404
    assert PriceSuggestion.objects.count() == 3


def test_11_recent_are_the_five_newest(
    signed_in: Callable[..., APIClient],
    seller: User,
    make_listing: Callable[..., Listing],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    listing, client = make_listing(), signed_in(seller)
    made = [
        client.post(f"/v1/price-suggestions/{listing.pk}/compute", {"msrp_cents": n * 1000}).json()["id"]
        for n in range(1, 8)
    ]

    with django_assert_num_queries(3):  # who asks, the listing, its suggestions
        shown = client.get(f"/v1/price-suggestions/{listing.pk}/recent").json()

    assert [row["id"] for row in shown] == made[:1:-1]


def test_T12_suggestions_of_somebody_elses_listing_are_not_there(
    signed_in: Callable[..., APIClient], stranger: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing()

    for person in (stranger, moderator):
        client = signed_in(person)
        assert client.get(f"/v1/price-suggestions/{listing.pk}/recent").status_code == 404
        reply = client.post(f"/v1/price-suggestions/{listing.pk}/compute", {"msrp_cents": 1000})
        assert (reply.status_code, reply.json()["detail"]) == (404, "Listing not found")
    assert not PriceSuggestion.objects.exists()


def test_a_compute_sent_again_with_its_key_is_kept_once(
    signed_in: Callable[..., APIClient], seller: User, make_listing: Callable[..., Listing]
) -> None:
    client, url = signed_in(seller), f"/v1/price-suggestions/{make_listing().pk}/compute"

    first, again = (client.post(url, {}, headers={"Idempotency-Key": "k"}) for _ in range(2))

    assert first.json() == again.json()
    assert PriceSuggestion.objects.count() == 1


def test_a_suggestion_costs_the_same_however_many_offers_there_are(
    signed_in: Callable[..., APIClient],
    buyer: User,
    offers: Offers,
    catalog: dict[str, Category],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    offers([1000] * 30)
    client, query = signed_in(buyer), {"category_id": str(catalog["laptops"].pk), "condition": "new"}

    with django_assert_num_queries(6):  # who asks, the category, what is below it, alike, all, the habit
        client.get(SUGGEST, query)


@pytest.mark.parametrize("algorithm", PriceSuggestion.Algorithm.values)
def test_every_explanation_is_there_in_spanish(
    signed_in: Callable[..., APIClient], seller: User, make_listing: Callable[..., Listing], algorithm: str
) -> None:
    listing = make_listing()
    PriceSuggestion.objects.create(
        listing=listing, suggested_price_cents=1, algorithm=algorithm, p25=1, p50=1, p75=1, n=3
    )
    client, url = signed_in(seller), f"/v1/price-suggestions/{listing.pk}/recent"

    english = client.get(url, headers={"Accept-Language": "en"}).json()[0]["explanation"]
    spanish = client.get(url, headers={"Accept-Language": "es-CO"}).json()[0]["explanation"]

    assert english
    assert not set(spanish.split(". ")) & set(english.split(". "))
