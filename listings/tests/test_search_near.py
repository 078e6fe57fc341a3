"""Radius search: nearest first, to the hundred metres, at the date line and the poles as anywhere."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from listings.search import totals
from listings.search.criteria import Circle, Criteria
from listings.search.statements import ROUGH

pytestmark = pytest.mark.django_db
Make = Callable[..., Listing]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    yield
    totals.forget()


@pytest.fixture
def around(signed_in: Callable[..., APIClient], buyer: User) -> Callable[..., dict[str, Any]]:
    client = signed_in(buyer)

    def ask(lat: float, lon: float, **query: Any) -> dict[str, Any]:
        reply = client.get("/v1/listings", {"near_lat": lat, "near_lon": lon, **query})
        assert reply.status_code == 200, reply.content
        found: dict[str, Any] = reply.json()
        return found

    return ask


Around = Callable[..., dict[str, Any]]


def names(found: dict[str, Any]) -> list[str]:
    return [item["title"] for item in found["items"]]


def test_3_nearest_first_and_the_far_and_the_placeless_never(around: Around, make_listing: Make) -> None:
    make_listing(title="2 km", at=(4.618, -74.07))
    make_listing(title="here", at=(4.6, -74.07))
    make_listing(title="9 km", at=(4.681, -74.07))
    make_listing(title="nowhere")
    make_listing(title="1 km", at=(4.609, -74.07))

    found = around(4.6, -74.07, radius_km=3)

    assert names(found) == ["here", "1 km", "2 km"]
    assert [item["distance_m"] for item in found["items"]] == [0, 1000, 2000]
    assert (found["total"], found["total_is_exact"]) == (3, True)
    assert names(around(4.6, -74.07)) == ["here", "1 km", "2 km"]  # within the default
    assert names(around(4.6, -74.07, radius_km=20)) == ["here", "1 km", "2 km", "9 km"]
    assert names(around(4.6, -74.07, radius_km=0)) == ["here"]


def test_T40_a_cursor_does_not_tell_how_far_away_exactly(around: Around, make_listing: Make) -> None:
    """`distance_m` is rounded: from three exact distances anybody could reckon where a seller lives."""
    for title, north in (("near", 4.601), ("far", 4.61)):
        make_listing(title=title, at=(north, -74.07))

    found = around(4.6, -74.07, page_size=1)
    cursor: str = found["next_cursor"]
    said = urlsafe_b64decode(cursor.partition(".")[0] + "===")

    assert found["items"][0]["distance_m"] == 100
    assert b"110." not in said
    assert str(found["items"][0]["id"]).encode() not in said
    assert names(around(4.6, -74.07, page_size=1, cursor=cursor)) == ["far"]


def test_3_equally_far_is_newest_first_on_every_page(around: Around, make_listing: Make) -> None:
    for number in range(6):
        make_listing(title=str(number), at=(4.6, -74.07))

    assert names(around(4.6, -74.07)) == ["5", "4", "3", "2", "1", "0"]
    assert names(around(4.6, -74.07, page=2, page_size=2)) == ["3", "2"]


def test_another_order_inside_a_circle(around: Around, make_listing: Make) -> None:
    make_listing(title="near", at=(4.6, -74.07), price_cents=500)
    make_listing(title="newer", at=(4.61, -74.07), price_cents=100)
    make_listing(title="outside", at=(5.6, -74.07), price_cents=1)

    assert names(around(4.6, -74.07, sort="newest")) == ["newer", "near"]
    assert names(around(4.6, -74.07, sort="cheapest")) == ["newer", "near"]
    assert names(around(4.6, -74.07, sort="dearest", q="near")) == ["near"]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ((0.0, 179.99), (0.0, -179.99)),
        ((0.0, -179.99), (0.0, 179.99)),
        ((0.0, 180.0), (0.0, -180.0)),
        ((89.99, 0.0), (89.99, 180.0)),
        ((89.99, -90.0), (90.0, 0.0)),
        ((-89.99, 45.0), (-89.99, -135.0)),
    ],
)
def test_the_date_line_and_the_poles_are_no_walls(
    around: Around, make_listing: Make, here: tuple[float, float], there: tuple[float, float]
) -> None:
    make_listing(title="across", at=there)
    make_listing(title="far", at=(45.0, 45.0))

    found = around(*here, radius_km=3)

    assert names(found) == ["across"]
    assert found["items"][0]["distance_m"] <= 2_300
    assert found["total"] == 1


@pytest.mark.parametrize(
    ("circle", "places"),
    [
        (Circle(4.6, -74.07, 3), [(4.6, -74.07), (4.61, -74.06)]),
        (Circle(0, 179.99, 3), [(0, -179.99), (0, 179.98)]),
        (Circle(89.99, 0, 5), [(89.985, 180), (89.99, 20)]),
        (Circle(-89.9, 0, 30), [(-90, 0), (-89.95, 120)]),
    ],
)
def test_the_grid_counts_the_same_circle(make_listing: Make, circle: Circle, places: list[tuple[float, float]]) -> None:
    for place in (*places, (45.0, 45.0)):
        make_listing(at=place)
    make_listing(at=places[0], state="sold")

    assert totals.count_cells() > 0
    assert totals.count_cells() == 0

    assert cells_in(circle) == len(places)


def test_the_grid_forgets_what_is_gone(make_listing: Make) -> None:
    listing = make_listing(at=(4.6, -74.07))
    totals.count_cells()
    Listing.objects.filter(pk=listing.pk).update(state="sold")

    totals.count_cells()

    assert cells_in(Circle(4.6, -74.07, 3)) == 0


def test_a_dense_circle_is_estimated_and_its_last_page_exact(around: Around, make_listing: Make) -> None:
    for _ in range(3):
        make_listing(at=(4.6, -74.07))
    totals.count_cells()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE listings_cell SET n = 5000")

    first = around(4.6, -74.07, radius_km=3, page_size=2)
    last = around(4.6, -74.07, radius_km=3, page_size=2, page=2)
    again = around(4.6, -74.07, radius_km=3, page_size=2)
    narrow = around(4.6, -74.07, radius_km=0.9, page_size=2)

    assert (first["total"], first["total_is_exact"], first["has_next"]) == (5000, False, True)
    assert again == first
    assert (last["total"], last["total_is_exact"], last["has_next"]) == (3, True, False)
    assert (narrow["total"], narrow["total_is_exact"]) == (3, True)


def cells_in(circle: Circle) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ROUGH['cells']}", totals.cells_within(circle, []))
        return int(cursor.fetchone()[0])


def test_nothing_in_a_dense_circle_is_nothing(around: Around, make_listing: Make) -> None:
    make_listing(title="here", at=(4.6, -74.07))
    totals.remember(Criteria(near=Circle(4.6, -74.07, 3.0)), 5_000)

    nothing = around(4.6, -74.07, radius_km=3, condition="new")
    after_all = around(4.6, -74.07, radius_km=3, page=2)

    assert (nothing["items"], nothing["total"], nothing["total_is_exact"]) == ([], 0, True)
    assert (after_all["items"], after_all["total"] <= 20, after_all["total_is_exact"]) == ([], True, False)
