"""Saved searches: kept, changed, and told of what they find."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Notification, User
from accounts.services import people
from listings import listeners
from listings.models import Category, Listing, SavedSearch, SavedSearchHit
from listings.search.criteria import Circle, Criteria
from listings.search.stored import criteria_of, stored
from listings.services import listings, saved_searches
from marketplace.common import outbox
from marketplace.common.ids import uuid7

pytestmark = pytest.mark.django_db

URL = "/v1/saved-searches"


@pytest.fixture
def client(signed_in: Callable[..., APIClient], buyer: User) -> APIClient:
    return signed_in(buyer)


def save(user: User, name: str = "Mice", *, alerts: bool = True, **criteria: Any) -> SavedSearch:
    search, _ = saved_searches.keep(user, name=name, criteria=criteria or {"q": "mouse"}, wants_alerts=alerts)
    return search


def test_a_search_is_kept_with_the_filters_that_were_given(client: APIClient, catalog: dict[str, Category]) -> None:
    phones = str(catalog["phones"].pk)
    criteria = {"q": " iphone ", "category_id": phones, "brand_id": "", "max_price": 500, "condition": None}

    reply = client.post(URL, {"name": "Phones", "criteria": criteria})

    assert reply.status_code == 201, reply.content
    shown = reply.json()
    assert shown["criteria"] == {"q": "iphone", "category_id": phones, "max_price": 500}
    assert (shown["name"], shown["wants_alerts"]) == ("Phones", True)
    assert client.get(URL).json() == [shown]


def test_the_same_search_sent_again_is_the_same_and_another_of_that_name_a_conflict(client: APIClient) -> None:
    body = {"name": "Mice", "criteria": {"q": "mouse"}}

    first, again = client.post(URL, body), client.post(URL, body)
    other = client.post(URL, {**body, "criteria": {"q": "ratón"}})

    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "name_taken")
    assert SavedSearch.objects.get().criteria == {"q": "mouse"}


def test_two_people_may_use_the_same_name(client: APIClient, stranger: User) -> None:
    save(stranger)

    assert client.post(URL, {"name": "Mice", "criteria": {"q": "mouse"}}).status_code == 201


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"q": "", "brand_id": None},
        {"min_price": -1},
        {"min_price": 5, "max_price": 4},
        {"category_id": "laptops"},
        {"near_lat": 4.6, "near_lon": -74.1},
        {"near_lat": 91, "near_lon": 0, "radius_km": 1},
        {"near_lat": 4.6, "near_lon": -74.1, "radius_km": -1},
        {"near_lat": 4.6, "near_lon": -74.1, "radius_km": 1e300},
        {"near_lat": 4.6, "near_lon": -74.1, "radius_km": "nan"},
        {"near_lat": 4.6, "near_lon": -74.1, "radius_km": "inf"},
        {"near_lat": "nan", "near_lon": -74.1, "radius_km": 1},
        {"min_price": 10**30},
        {"q": "x" * 201},
        "mouse",
        None,
    ],
)
def test_what_does_not_fit_is_a_422(client: APIClient, criteria: object) -> None:
    reply = client.post(URL, {"name": "Mice", "criteria": criteria})

    assert reply.status_code == 422, reply.content
    assert "criteria" in reply.json()["detail"][0]["loc"]
    assert not SavedSearch.objects.exists()


def test_there_is_a_limit_per_person(client: APIClient, buyer: User, stranger: User) -> None:
    for number in range(saved_searches.MOST):
        save(buyer, f"number {number}")
    save(stranger)

    reply = client.post(URL, {"name": "one more", "criteria": {"q": "mouse"}})

    assert (reply.status_code, reply.json()["code"]) == (409, "too_many_saved_searches")
    assert SavedSearch.objects.filter(user=buyer).count() == saved_searches.MOST
    assert client.post(URL, {"name": "number 7", "criteria": {"q": "mouse"}}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_phones_cannot_pass_the_limit_together(
    make_person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_searches, "MOST", 3)
    person, barrier = make_person("collector"), threading.Barrier(6, timeout=20)
    outcomes: list[str] = []

    def ask(number: int) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            save(person, f"number {number}")
            outcomes.append("kept")
        except saved_searches.TooManySearches:
            outcomes.append("refused")
        connection.close()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["kept"] * 3 + ["refused"] * 3
    assert SavedSearch.objects.count() == 3


def test_any_part_of_it_can_be_changed(client: APIClient, buyer: User) -> None:
    search, other = save(buyer), save(buyer, "Lamps")
    url = f"{URL}/{search.pk}"

    changed = client.patch(url, {"wants_alerts": False, "criteria": {"condition": "new"}})
    taken = client.patch(url, {"name": other.name})
    empty = client.patch(url, {"criteria": {}})

    assert changed.status_code == 200
    assert (changed.json()["wants_alerts"], changed.json()["criteria"]) == (False, {"condition": "new"})
    assert (taken.status_code, empty.status_code) == (409, 422)
    search.refresh_from_db()
    assert (search.name, search.criteria) == ("Mice", {"condition": "new"})


def test_T12_somebody_elses_search_is_not_there(client: APIClient, stranger: User) -> None:
    search = save(stranger)
    url = f"{URL}/{search.pk}"

    assert client.get(URL).json() == []
    assert client.patch(url, {"name": "Mine"}).status_code == 404
    assert client.delete(url).status_code == 404
    assert SavedSearch.objects.get().name == "Mice"


def test_it_can_be_deleted_with_what_it_has_found(
    client: APIClient, buyer: User, make_listing: Callable[..., Listing]
) -> None:
    search = save(buyer)
    SavedSearchHit.objects.create(search=search, listing=make_listing())

    assert client.delete(f"{URL}/{search.pk}").status_code == 204
    assert client.delete(f"{URL}/{search.pk}").status_code == 404
    assert not SavedSearchHit.objects.exists()


@pytest.mark.parametrize("many", [1, 5])
def test_the_list_costs_the_same_however_long_it_is(
    client: APIClient, buyer: User, django_assert_num_queries: DjangoAssertNumQueries, many: int
) -> None:
    for number in range(many):
        save(buyer, f"number {number}")

    with django_assert_num_queries(2):
        assert len(client.get(URL).json()) == many


def test_criteria_survive_being_stored() -> None:
    key = uuid7()
    filters = {"q": "mouse", "category_id": key, "max_price": 5, "near_lat": 0.0, "near_lon": 0.0, "radius_km": 2.5}

    kept = stored({**filters, "brand_id": None, "condition": ""})

    assert kept == {**filters, "category_id": str(key)}
    assert criteria_of(kept) == Criteria(q="mouse", category_id=key, max_price=5, near=Circle(0.0, 0.0, 2.5))


# ── Alerts ───────────────────────────────────────────────────────────────────────────────────────


def deliver() -> None:
    while outbox.deliver_due():
        pass


def told(person: User) -> list[tuple[str, str]]:
    rows = Notification.objects.filter(user=person, kind="search.match").order_by("pk")
    return [(note.title, note.body) for note in rows]


def change(listing: Listing, **changes: Any) -> None:
    state = changes.pop("state", None)
    listings.change(listing.pk, owner=listing.seller, changes=changes, state=state, now=timezone.now())
    deliver()


def test_a_new_listing_is_told_to_those_whose_search_finds_it(
    buyer: User, stranger: User, make_listing: Callable[..., Listing]
) -> None:
    search = save(buyer)
    save(stranger, "Lamps", q="lamp")

    listing = make_listing(title="Wireless mouse", price_cents=15_000_00)
    deliver()

    assert told(buyer) == [("New for “Mice”", "Wireless mouse, 15 000 COP")]
    assert told(stranger) == []
    note = Notification.objects.get(user=buyer)
    assert (note.data["listing_id"], note.data["search_id"]) == (str(listing.pk), str(search.pk))


def test_it_is_told_once_however_often_it_goes_live(buyer: User, make_listing: Callable[..., Listing]) -> None:
    save(buyer)
    listing = make_listing(title="Mouse")
    deliver()

    change(listing, state="paused")
    change(listing, state="live")

    assert len(told(buyer)) == SavedSearchHit.objects.count() == 1


def test_each_match_is_an_alert_of_its_own(buyer: User, make_listing: Callable[..., Listing]) -> None:
    save(buyer)
    for title in ("Mouse one", "Mouse two"):
        make_listing(title=title)
    deliver()

    assert [body.partition(",")[0] for _, body in told(buyer)] == ["Mouse one", "Mouse two"]


def test_two_searches_of_one_person_are_one_alert_that_names_the_first(
    buyer: User, make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "SEARCHES_AT_ONCE", 1)  # also when they fall into different batches
    save(buyer, "First")
    save(buyer, "Second")

    make_listing(title="Mouse")
    deliver()

    assert [title for title, _ in told(buyer)] == ["New for “First”"]
    assert SavedSearchHit.objects.count() == 2


def test_ones_own_listings_drafts_and_unwanted_alerts_are_not_told(
    buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    save(seller)
    save(buyer, alerts=False)
    make_listing(title="Mouse")
    save(buyer, "Later")
    make_listing(title="Mouse", state="draft")
    deliver()

    assert (told(buyer)[1:], told(seller)) == ([], [])
    assert [title for title, _ in told(buyer)] == ["New for “Later”"]


def test_who_blocked_the_seller_is_not_told(buyer: User, seller: User, make_listing: Callable[..., Listing]) -> None:
    save(buyer)
    people.block(buyer, seller)

    make_listing(title="Mouse")
    deliver()

    assert told(buyer) == []


def test_a_price_that_falls_into_the_range_is_told(buyer: User, make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(title="Mouse", price_cents=100_00)
    deliver()
    save(buyer, "Bargains", max_price=80_00)
    save(buyer, "Could be seen before", q="mouse")

    change(listing, price_cents=90_00)
    assert told(buyer) == []
    change(listing, price_cents=70_00)
    change(listing, price_cents=60_00)

    assert told(buyer) == [("New for “Bargains”", "Mouse, 70 COP")]


def test_a_price_that_rises_is_not_told(buyer: User, make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(title="Mouse", price_cents=10)
    deliver()
    save(buyer, "Range", min_price=50, max_price=200)

    change(listing, price_cents=100)

    assert told(buyer) == []


def test_very_many_searches_are_told_batch_by_batch_and_once_each(
    make_person: Callable[..., User], make_listing: Callable[..., Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "SEARCHES_AT_ONCE", 2)
    waiting = [make_person(f"waiting{number}") for number in range(5)]
    for person in waiting:
        save(person)

    make_listing(title="Mouse")
    deliver()

    assert [len(told(person)) for person in waiting] == [1] * 5
    assert Notification.objects.values("event_id").distinct().count() == 1
