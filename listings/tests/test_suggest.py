"""GET /v1/listings/suggest: ten ways to go on typing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Brand, Category, Listing

pytestmark = pytest.mark.django_db
Make = Callable[..., Listing]


@pytest.fixture
def suggest(signed_in: Callable[..., APIClient], buyer: User) -> Callable[[str], list[tuple[str, str]]]:
    client = signed_in(buyer)

    def ask(q: str) -> list[tuple[str, str]]:
        reply = client.get("/v1/listings/suggest", {"q": q})
        assert reply.status_code == 200, reply.content
        return [(entry["kind"], entry["text"]) for entry in reply.json()]

    return ask


Suggest = Callable[[str], list[tuple[str, str]]]


def test_what_begins_with_it_comes_first_and_each_once(suggest: Suggest, make_listing: Make) -> None:
    for _ in range(3):
        make_listing(title="Laptop Lenovo")
    make_listing(title="Funda para laptop")
    make_listing(title="Mouse")

    assert suggest("lap") == [("category", "Laptops"), ("title", "Laptop Lenovo"), ("title", "Funda para laptop")]
    assert suggest("LENO")[0] == ("brand", "Lenovo")


def test_accents_and_case_make_no_difference(suggest: Suggest, make_listing: Make) -> None:
    make_listing(title="Cámara Réflex")

    assert suggest("camara r") == suggest("CÁMARA") == [("title", "Cámara Réflex")]


def test_words_that_a_sign_joins_are_words(suggest: Suggest, make_listing: Make) -> None:
    make_listing(title="Adaptador HP/Dell")
    make_listing(title="Cable (USB-C)")

    assert suggest("del") == [("title", "Adaptador HP/Dell")]
    assert suggest("usb-c") == suggest("(usb") == [("title", "Cable (USB-C)")]


def test_only_what_is_on_offer_and_shown(
    suggest: Suggest, make_listing: Make, catalog: dict[str, Category], seller: User
) -> None:
    make_listing(title="Lapicera", state="draft")
    Category.objects.filter(slug="laptops").update(is_hidden=True)
    Brand.objects.create(slug="lapis", name="Lapis", is_hidden=True)

    assert suggest("lap") == []


def test_never_more_than_ten(suggest: Suggest, make_listing: Make) -> None:
    for number in range(12):
        make_listing(title=f"Libro {number}")

    assert len(suggest("li")) == len(suggest("libro")) == 10


@pytest.mark.parametrize("q", ["%", "_", "\\", "l_p", "zzz", " ", "'", "😀"])
def test_signs_are_no_wildcards(suggest: Suggest, make_listing: Make, q: str) -> None:
    make_listing(title="Laptop")

    if q.strip():
        assert suggest(q) == []


@pytest.mark.parametrize("query", ["", "?q=", "?q=%00", "?q=%ff", "?q=" + "a" * 81])
def test_T40_what_does_not_fit_is_a_422(signed_in: Callable[..., APIClient], buyer: User, query: str) -> None:
    reply: Any = signed_in(buyer).get(f"/v1/listings/suggest{query}")

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["query", "q"]
