"""The campus contract, §3: GET /v1/listings, its envelope, its filters, and whom it shows what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Brand, Category, Listing
from listings.search import facets
from listings.search.families import families
from listings.tests.test_offering import KEYS

pytestmark = pytest.mark.django_db
Make = Callable[..., Listing]
Search = Callable[..., dict[str, Any]]


@pytest.fixture
def search(signed_in: Callable[..., APIClient], buyer: User) -> Search:
    """`search(q="mouse")`: what the buyer, or `by`, finds."""
    clients: dict[Any, APIClient] = {}

    def ask(by: User = buyer, **query: Any) -> dict[str, Any]:
        client = clients.setdefault(by.pk, signed_in(by))
        reply = client.get("/v1/listings", query)
        assert reply.status_code == 200, reply.content
        found: dict[str, Any] = reply.json()
        return found

    return ask


def titles(found: dict[str, Any]) -> list[str]:
    return [item["title"] for item in found["items"]]


def test_3_the_envelope_is_whole_even_when_there_is_nothing(search: Search) -> None:
    assert search() == {
        "items": [],
        "total": 0,
        "page": 1,
        "page_size": 20,
        "has_next": False,
        "total_is_exact": True,
        "next_cursor": None,
    }


def test_3_items_are_listings_newest_first(search: Search, make_listing: Make) -> None:
    for name in ("first", "second", "third"):
        make_listing(title=name)

    found = search()

    assert titles(found) == ["third", "second", "first"]
    assert set(found["items"][0]) >= KEYS
    assert "distance_m" not in found["items"][0]


def test_3_pages_follow_each_other(search: Search, make_listing: Make) -> None:
    for number in range(5):
        make_listing(title=f"thing {number}")

    pages = [search(page=page, page_size=2) for page in (1, 2, 3, 4)]

    assert [titles(page) for page in pages] == [["thing 4", "thing 3"], ["thing 2", "thing 1"], ["thing 0"], []]
    assert [page["has_next"] for page in pages] == [True, True, False, False]
    assert [(page["total"], page["total_is_exact"], page["page"]) for page in pages] == [
        (5, True, 1),
        (5, True, 2),
        (5, True, 3),
        (5, True, 4),
    ]
    assert len(search(page_size=200)["items"]) == 5


def test_3_filters_narrow_and_all_must_hold(
    search: Search, make_listing: Make, catalog: dict[str, Category], seller: User, stranger: User
) -> None:
    make_listing(title="cheap", price_cents=100, condition="used", brand="lenovo")
    make_listing(title="dear", price_cents=900, condition="New", by=stranger, category="phones")
    lenovo = Brand.objects.get(slug="lenovo").pk

    assert titles(search(min_price=100, max_price=100)) == ["cheap"]
    assert titles(search(min_price=101)) == ["dear"]
    assert titles(search(condition="new")) == ["dear"]
    assert titles(search(brand_id=lenovo)) == ["cheap"]
    assert titles(search(category_id=catalog["phones"].pk)) == ["dear"]
    assert titles(search(seller_id=seller.pk)) == ["cheap"]
    assert titles(search(seller_id=seller.pk, condition="new")) == []
    assert titles(search(category_id=uuid4())) == []
    assert titles(search(sort="cheapest")) == ["cheap", "dear"]
    assert titles(search(sort="dearest")) == ["dear", "cheap"]


def test_3_empty_and_unknown_parameters_are_none(search: Search, make_listing: Make) -> None:
    make_listing(title="there")
    names = ("q", "category_id", "brand_id", "min_price", "near_lat", "near_lon", "radius_km", "sort", "page", "mine")

    assert titles(search(**dict.fromkeys(names, ""), order_by="password", seller__username="x")) == ["there"]


def test_a_category_holds_what_is_below_it(search: Search, make_listing: Make, catalog: dict[str, Category]) -> None:
    catalog["gaming"] = Category.objects.create(slug="gaming", name="Gaming", parent=catalog["laptops"])
    families.forget()
    make_listing(title="below", category="gaming")
    make_listing(title="above")
    make_listing(title="beside", category="phones")

    assert titles(search(category_id=catalog["laptops"].pk)) == ["above", "below"]
    assert titles(search(category_id=catalog["gaming"].pk)) == ["below"]


def test_T12_lists_show_what_is_on_offer_and_mine_shows_all_of_it(
    search: Search, make_listing: Make, seller: User, moderator: User
) -> None:
    for state in Listing.State.values:
        make_listing(title=state, state=state, at=(4.601449, -74.066149))
    hidden = make_listing(title="hidden")
    Listing.objects.filter(pk=hidden.pk).update(hidden_at=timezone.now())

    mine = search(seller, mine="true")

    assert titles(search()) == titles(search(moderator)) == titles(search(seller)) == ["live"]
    assert titles(search(seller_id=seller.pk)) == ["live"]
    assert titles(search(q="hidden")) == titles(search(q="draft")) == []
    assert set(titles(mine)) == {"hidden", *Listing.State.values}
    assert titles(search(mine="true")) == []
    assert titles(search(seller, mine="true", q="paused")) == ["paused"]
    exact = [item["latitude"] for item in mine["items"] if item["title"] == "live"]
    assert exact == [4.601449]
    assert search()["items"][0]["latitude"] == 4.601


def test_a_page_costs_one_query(
    signed_in: Callable[..., APIClient], buyer: User, make_listing: Make, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        make_listing(title=f"mouse {number}", at=(4.6, -74.07))
    client = signed_in(buyer)
    client.get("/v1/listings")  # from now on the reader is known

    queries: list[dict[str, Any]] = [
        {},
        {"near_lat": 4.6, "near_lon": -74.07},
        {"q": "mouse"},
        {"sort": "cheapest", "max_price": 10**12},
    ]
    for query in queries:
        with django_assert_num_queries(1):
            assert len(client.get("/v1/listings", query).json()["items"]) == 3
    with django_assert_num_queries(2):
        assert "facets" in client.get("/v1/listings", {"facets": "true"}).json()
    with django_assert_num_queries(2):  # words that stand nowhere, then titles like them
        assert client.get("/v1/listings", {"q": "nothing"}).json()["items"] == []


@pytest.mark.parametrize("sort", ["newest", "cheapest", "dearest", "nearest"])
def test_a_cursor_neither_skips_nor_repeats_while_others_offer(search: Search, make_listing: Make, sort: str) -> None:
    for number in range(7):
        make_listing(title=str(number), price_cents=number % 3, at=(4.6 + number % 2 / 1000, -74.07))
    query = {"sort": sort, "page_size": 2, "near_lat": 4.6, "near_lon": -74.07}
    expected = titles(search(**{**query, "page_size": 50}))

    found = search(**query)
    walked = titles(found)
    while found["next_cursor"]:
        make_listing(title="meanwhile", price_cents=1, at=(4.6, -74.07))
        found = search(**query, cursor=found["next_cursor"])
        walked += titles(found)

    assert [title for title in walked if title != "meanwhile"] == expected


def test_a_cursor_is_good_for_its_own_search_only(
    signed_in: Callable[..., APIClient], search: Search, stranger: User, buyer: User, make_listing: Make
) -> None:
    for _ in range(3):
        make_listing()
    cursor = search(page_size=1)["next_cursor"]
    client = signed_in(buyer)

    assert len(search(page_size=2, cursor=cursor)["items"]) == 2
    for forged in (
        {"cursor": cursor, "q": "thinkpad"},
        {"cursor": cursor, "sort": "cheapest"},
        {"cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")},
        {"cursor": "x"},
    ):
        assert client.get("/v1/listings", forged).status_code == 422
    assert signed_in(stranger).get("/v1/listings", {"cursor": cursor}).status_code == 422


def test_same_second_offers_have_one_order(search: Search, make_listing: Make) -> None:
    for number in range(5):
        make_listing(title=str(number), at=(4.6, -74.07))
    Listing.objects.update(created_at=timezone.now() - timedelta(days=1))

    queries: list[dict[str, Any]] = [{}, {"near_lat": 4.6, "near_lon": -74.07}]
    for query in queries:
        pages = [titles(search(page=page, page_size=2, **query)) for page in (1, 2, 3)]
        assert sorted(title for page in pages for title in page) == ["0", "1", "2", "3", "4"]


def test_facets_count_what_matches(search: Search, make_listing: Make, catalog: dict[str, Category]) -> None:
    make_listing(title="mouse", category="accessories", brand="logitech", price_cents=1_000_000, condition="used")
    make_listing(title="mouse pad", category="accessories", price_cents=6_000_000, condition="Used")
    make_listing(title="mouse book", category="textbooks", price_cents=900_000_000)
    make_listing(title="keyboard")
    make_listing(title="mouse draft", state="draft")

    facets = search(q="mouse", facets="true", page_size=1)["facets"]

    names = {entry["name"]: entry["count"] for entry in facets["categories"]}
    assert names == {catalog["accessories"].name: 2, catalog["textbooks"].name: 1}
    assert [(entry["name"], entry["count"]) for entry in facets["brands"]] == [(None, 2), ("Logitech", 1)]
    assert facets["conditions"] == [{"condition": "used", "count": 2}, {"condition": None, "count": 1}]
    assert [(band["min_price"], band["max_price"], band["count"]) for band in facets["prices"]] == [
        (0, 4_999_999, 1),
        (5_000_000, 19_999_999, 1),
        (300_000_000, None, 1),
    ]
    assert facets["is_exact"] is True


def test_facets_of_a_sample_are_remembered_and_exact_ones_never(
    search: Search, make_listing: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted() -> tuple[int, bool]:
        found = search(q="mouse", facets="true", page_size=1)["facets"]
        return sum(entry["count"] for entry in found["categories"]), found["is_exact"]

    make_listing(title="Mouse")
    assert counted() == (1, True)
    make_listing(title="Mouse")
    assert counted() == (2, True)

    with monkeypatch.context() as patch:
        patch.setattr(facets, "COUNTED", 1)
        assert counted() == (1, False)
        patch.setattr(facets, "COUNTED", 2)
        assert counted() == (1, False)
        facets.samples.forget()
        assert counted() == (2, True)
