"""What the database computes by itself: the words of a listing, and the place that strangers see."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from listings.models import Listing
from listings.models.listing import point

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "said",
    [
        *("calculadora", "CALCULADORA", "calculadoras", "Cálculo", "calculo", "calc", "casio", "accessories"),
        *("poco uso", "batteries", "battery", "lapices", "casio calculadora", '"poco uso"', "-calculadora"),
    ],
)
def test_words_are_found_in_spanish_and_english_without_accents_or_case(
    make_listing: Callable[..., Listing], said: str
) -> None:
    make_listing(
        title="Calculadora Casio para Cálculo",
        description="Poco uso, con lápices. New batteries.",
        category="accessories",
    )

    assert Listing.objects.saying(said).count() == 1


@pytest.mark.parametrize("said", ["violin", "calculadora violin", "", "   ", "!!!", "& | ! ( ) : * < '"])
def test_other_words_and_signs_find_nothing_and_break_nothing(make_listing: Callable[..., Listing], said: str) -> None:
    make_listing(title="Calculadora")

    assert Listing.objects.saying(said).count() == 0


def test_the_brand_is_found_whoever_wrote_the_row(make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(title="X1 Carbon", brand="lenovo")
    assert Listing.objects.saying("lenovo").count() == 1

    with connection.cursor() as cursor:
        cursor.execute("UPDATE listings_listing SET brand_id = NULL WHERE id = %s", [listing.pk])

    assert Listing.objects.saying("lenovo").count() == 0


def test_spelling_mistakes_resemble(make_listing: Callable[..., Listing]) -> None:
    make_listing(title="Calculadora Casio")

    assert Listing.objects.resembling("calculdora").count() == 1
    assert Listing.objects.resembling("bicicleta").count() == 0


def test_strangers_see_a_place_to_about_100_metres_and_the_seller_their_own(
    make_listing: Callable[..., Listing], seller: User, stranger: User
) -> None:
    listing = make_listing(at=(4.601437, -74.066129))

    assert listing.place_for(seller) == (4.601437, -74.066129)
    assert listing.place_for(stranger) == (4.601, -74.065678)


class ShownPlaces(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(
        st.floats(-90, 90, allow_nan=False).map(lambda degrees: round(degrees, 7)),
        st.floats(-180, 180, allow_nan=False).map(lambda degrees: round(degrees, 7)),
    )
    def test_a_shown_place_is_near_the_true_one_everywhere_on_earth(self, latitude: float, longitude: float) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT listings_shown_latitude(p), listings_shown_longitude(p),"
                " ST_Distance(p, ST_MakePoint(listings_shown_longitude(p), listings_shown_latitude(p))::geography)"
                " FROM (SELECT ST_GeomFromEWKT(%s)::geography p) place",
                [point(latitude, longitude).ewkt],
            )
            shown_latitude, shown_longitude, metres = cursor.fetchone()

        assert -90 <= shown_latitude <= 90
        assert -180 <= shown_longitude <= 180
        assert metres <= 120

    def test_the_grid_is_as_wide_in_the_north_as_at_the_equator(self) -> None:
        for latitude in (0, 45, 60, 80):
            with connection.cursor() as cursor:
                cursor.execute("SELECT listings_grid_step(%s)", [latitude])
                step = cursor.fetchone()[0]
            assert step * cos(radians(latitude)) == pytest.approx(0.001)
