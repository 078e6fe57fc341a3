"""The hot pages are planned once for each connection: to plan one anew takes as long as to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from accounts.models import User
from listings.models import Listing
from listings.search import finding
from listings.search.criteria import Criteria, Sort
from listings.search.finding import Window, find

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = ["listings_listing", "listings_card"]
OFTEN = 12  # PostgreSQL plans the first five anew, to see what that costs


@pytest.fixture
def large_market(make_listing: Callable[..., Listing]) -> Iterator[Listing]:
    """Two listings of which the planner believes that they are 200,000, and nobody comes by and counts them."""
    listing = make_listing()
    make_listing()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        cursor.execute("ANALYZE listings_listing, listings_card")  # what was seen of them before was of other tests
        cursor.execute("UPDATE pg_class SET reltuples = 200000, relpages = 1 WHERE relname = ANY(%s)", [TABLES])
    yield listing
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
        cursor.execute("ANALYZE listings_listing, listings_card")


def plans(window: str) -> tuple[int, int]:
    """Of such pages on this connection: how often the lasting one was taken, and how often a new one was made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(generic_plans), 0), coalesce(sum(custom_plans), 0)"
            " FROM pg_prepared_statements WHERE name LIKE 'fixed%%' AND position(%s IN statement) > 0",
            [window],
        )
        found: tuple[int, int] = cursor.fetchone()
        return found


def look(listing: Listing, viewer: User, window: Window) -> None:
    for _ in range(OFTEN):
        find(Criteria(), viewer, window)
        find(Criteria(category_id=listing.category_id), viewer, window)


def test_pages_of_a_usual_size_have_a_lasting_plan(large_market: Listing, stranger: User) -> None:
    look(large_market, stranger, Window(size=50))
    assert plans("LIMIT 51)") == (2 * (OFTEN - 5), 2 * 5)


def test_without_their_size_they_would_not(
    large_market: Listing, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "USUAL_SIZES", frozenset())
    _, before = plans("OFFSET $")
    look(large_market, stranger, Window(size=50))
    _, after = plans("OFFSET $")
    assert after - before > 2 * 5


@pytest.mark.parametrize("size", [1, 2, 10])
def test_a_page_is_the_same_whether_or_not_its_size_is_known(
    size: int, make_listing: Callable[..., Listing], stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        make_listing(price_cents=1_000 + number)
    pages: list[object] = []
    for sizes in (frozenset(), frozenset({1, 2, 10})):
        monkeypatch.setattr(finding, "USUAL_SIZES", sizes)
        for sort in (Sort.NEWEST, Sort.CHEAPEST, Sort.DEAREST):
            cursor: str | None = None
            for _ in range(3):
                found = find(Criteria(sort=sort), stranger, Window(size=size, cursor=cursor))
                pages.append((found.items, found.has_next, found.total))
                cursor = found.next_cursor
                if cursor is None:
                    break
    assert pages[: len(pages) // 2] == pages[len(pages) // 2 :]
