"""The fresh follow whatever is on offer, and searches for common words find the same through them and without."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, transaction
from django.db.models import Func
from django.utils import timezone

from accounts.models import User
from listings.models import Fresh, FreshSince, Listing
from listings.search import facets, finding, fresh
from listings.search.criteria import Criteria
from listings.search.finding import Window, find
from listings.search.statements import Road
from marketplace.common.jsonio import loads

Make = Callable[..., Listing]
KNOWN = ("created_at", "price_cents", "category_id", "brand_id", "condition")
CHANGES = {"price_cents": 7, "brand": None, "condition": "new", "title": "Another", "state": "sold", "version": 9}


@pytest.fixture
def common(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is found twice is common."""
    monkeypatch.setattr(finding, "WORDS_POOL", 1)
    yield
    finding.common_words.forget()


def rows(model: Any) -> dict[Any, tuple[Any, ...]]:
    found = model.objects.on_offer() if model is Listing else model.objects.all()
    found = found.annotate(words=Func("search", function="strip", output_field=SearchVectorField()))
    return {row["pk"]: tuple(row.values()) for row in found.values("pk", "words", *KNOWN)}


def titles(viewer: User, window: Window, **criteria: Any) -> list[str]:
    return [item["title"] for item in loads(find(Criteria(**criteria), viewer, window).items)]


def aged(listing: Listing, hours: int) -> Listing:
    Listing.objects.filter(pk=listing.pk).update(created_at=timezone.now() - timedelta(hours=hours))
    return listing


@pytest.mark.django_db
@pytest.mark.parametrize("column", CHANGES)
def test_they_are_what_is_on_offer(make_listing: Make, column: str) -> None:
    listing = make_listing(title="Mouse", brand="lenovo")
    make_listing(title="Draft", state="draft")
    assert set(rows(Fresh)) == {listing.pk}

    Listing.objects.filter(pk=listing.pk).update(**{column: CHANGES[column]})
    assert rows(Fresh) == rows(Listing)

    Listing.objects.update(state="live")
    assert rows(Fresh) == rows(Listing)
    assert len(rows(Fresh)) == 2


@pytest.mark.django_db
def test_words_follow_a_change_of_several_columns_and_whoever_saves_old_words(make_listing: Make, buyer: User) -> None:
    listing = make_listing(title="Bicicleta")
    listing.refresh_from_db()  # with its words

    listing.title, listing.price_cents = "Patineta", 5
    listing.save()  # writes all it has, also the words of the old title
    assert (titles(buyer, Window(), q="patineta"), titles(buyer, Window(), q="bicicleta")) == (["Patineta"], [])

    listing.price_cents = 6
    listing.save()  # the words that it holds are still the old ones
    assert (titles(buyer, Window(), q="patineta"), titles(buyer, Window(), q="bicicleta")) == (["Patineta"], [])
    assert rows(Fresh) == rows(Listing)


@pytest.mark.django_db
def test_they_stay_few_and_reach_back_again_when_much_was_sold(
    make_listing: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "WANTED", 2)
    things = [aged(make_listing(title=f"Mouse {hours}"), hours) for hours in range(6)]
    assert len(rows(Fresh)) == 6

    assert fresh.tidy() == 2  # three, and the one at the limit
    assert set(rows(Fresh)) == {thing.pk for thing in things[:4]}
    old = aged(make_listing(title="Old"), 5)  # as whatever is older than the limit
    assert old.pk not in rows(Fresh)
    assert fresh.tidy() == 0

    Listing.objects.filter(pk__in=[thing.pk for thing in things[:4]]).update(state="sold")
    fresh.tidy()
    assert rows(Fresh) == rows(Listing)
    assert not FreshSince.objects.exists()  # all of them are in


@pytest.mark.django_db
@pytest.mark.usefixtures("common")
def test_common_words_are_found_newest_first_also_past_the_end_of_the_fresh(
    make_listing: Make, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "WANTED", 2)
    for hours in range(8):
        aged(
            make_listing(title=f"Mouse {hours}", price_cents=hours * 100, brand="lenovo" if hours % 2 else None), hours
        )
    fresh.tidy()
    assert len(rows(Fresh)) == 4
    asked: list[Road] = []
    ask = finding._ask

    def noted(each: Any) -> Any:
        asked.append(each.shape.road)
        return ask(each)

    monkeypatch.setattr(finding, "_ask", noted)

    assert titles(buyer, Window(size=2), q="mouse") == ["Mouse 0", "Mouse 1"]
    assert titles(buyer, Window(size=2), q="mouse", max_price=100) == ["Mouse 0", "Mouse 1"]
    assert titles(buyer, Window(size=2), q="mouse", min_price=200) == ["Mouse 2", "Mouse 3"]
    assert titles(buyer, Window(page=2, size=2), q="mouse") == ["Mouse 2", "Mouse 3"]
    assert titles(buyer, Window(page=3, size=2), q="mouse") == ["Mouse 4", "Mouse 5"]

    assert asked == [
        *(Road.WORDS, Road.FRESH, Road.FRESH, Road.INDEX, Road.FRESH, Road.INDEX),
        *(Road.FRESH, Road.INDEX, Road.FRESH, Road.INDEX),
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("common")
def test_a_cursor_walks_through_the_fresh_and_on(make_listing: Make, buyer: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(fresh, "WANTED", 2)
    for hours in range(9):
        aged(make_listing(title=f"Mouse {hours}"), hours)
    fresh.tidy()

    walked, cursor = [], None
    while True:
        page = find(Criteria(q="mouse"), buyer, Window(size=2, cursor=cursor))
        walked += [item["title"] for item in loads(page.items)]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert walked == [f"Mouse {hours}" for hours in range(9)]


@pytest.mark.django_db
@pytest.mark.usefixtures("common")
def test_words_that_stand_almost_everywhere_are_walked(
    make_listing: Make, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "FRESH_POOL", 3)
    for hours in range(4):
        aged(make_listing(title=f"Mouse {hours}"), hours)

    for _ in range(2):
        assert titles(buyer, Window(size=2), q="mouse") == ["Mouse 0", "Mouse 1"]
    assert finding.common_words.peek("mouse") == Road.INDEX


@pytest.mark.django_db(transaction=True)
def test_one_that_is_written_while_they_reach_back_is_not_missed(
    make_listing: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "WANTED", 2)
    things = [aged(make_listing(title=f"Mouse {hours}"), hours) for hours in range(6)]
    late = aged(make_listing(title="Late", state="draft"), 5)
    fresh.tidy()
    Listing.objects.filter(pk__in=[thing.pk for thing in things[:3]]).update(state="sold")

    def tidy() -> None:
        fresh.tidy()
        connection.close()

    tidying = threading.Thread(target=tidy)
    with transaction.atomic():
        Listing.objects.filter(pk=late.pk).update(state="live")  # too old for the limit as it is
        tidying.start()
        tidying.join(0.5)
        assert tidying.is_alive()  # it waits for this transaction
    tidying.join(10)

    assert rows(Fresh) == rows(Listing)
    assert late.pk in rows(Fresh)


@pytest.mark.django_db
@pytest.mark.usefixtures("common")
@pytest.mark.parametrize(("enough", "counted"), [(3, 4), (200, 6)])
def test_facets_of_common_words_are_those_of_the_newest_if_there_are_enough_of_them(
    make_listing: Make, buyer: User, monkeypatch: pytest.MonkeyPatch, enough: int, counted: int
) -> None:
    monkeypatch.setattr(fresh, "WANTED", 2)
    monkeypatch.setattr(facets, "ENOUGH", enough)
    for hours in range(6):
        aged(make_listing(title=f"Mouse {hours}", brand="lenovo"), hours)
    fresh.tidy()
    asked = find(Criteria(q="mouse"), buyer, Window(size=2)).criteria

    told = loads(facets.count_facets(asked, buyer).encode())
    facets.samples.forget()

    assert [brand["count"] for brand in told["brands"]] == [counted]
    assert told["is_exact"] is (counted == 6)
