"""Searching by words: stems, accents and unfinished words first; likeness of the title when they stand nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from listings.search import finding, totals
from listings.search.statements import Road

pytestmark = pytest.mark.django_db
Make = Callable[..., Listing]
Find = Callable[..., list[str]]


@pytest.fixture
def client(signed_in: Callable[..., APIClient], buyer: User) -> APIClient:
    return signed_in(buyer)


@pytest.fixture
def find(client: APIClient) -> Find:
    def ask(q: str, **query: Any) -> list[str]:
        reply = client.get("/v1/listings", {"q": q, **query})
        assert reply.status_code == 200, reply.content
        return [item["title"] for item in reply.json()["items"]]

    return ask


@pytest.mark.parametrize(
    "q",
    [
        "calculadora",
        "CALCULADORAS",
        "calculádora casio",
        "calcul",  # unfinished
        "calculdora",  # misspelled
        "lculad",  # from inside a word
        "casio poco",  # a word of the description
        "accessories calculadora",  # and one of the category
    ],
)
def test_3_a_title_is_found_by_what_people_type(find: Find, make_listing: Make, q: str) -> None:
    make_listing(title="Calculadora Casio fx-991", description="Poco uso", category="accessories")
    make_listing(title="Mochila azul")

    assert find(q) == ["Calculadora Casio fx-991"]


def test_3_words_of_the_brand_and_english_stems_find_too(find: Find, make_listing: Make) -> None:
    make_listing(title="X1 Carbon", brand="lenovo")
    make_listing(title="Running shoes")

    assert find("lenovo") == ["X1 Carbon"]
    assert find("shoe") == ["Running shoes"]


@pytest.mark.parametrize(
    ("title", "q"),
    [
        ("Adaptador HP/Dell", "dell"),
        ("Libro Física/Química", "quimica"),
        ("Libro Física/Química", "libro de química"),
        ("Cable USB-C/HDMI", "cables hdmi"),
        ("Casio fx-991", "991"),
        ("Mesa.Silla", "sillas"),
        ("Curso de Node.js", "un curso de node.js"),
        ("Cable 3.5mm", "cable 3.5"),
        ("Mesa (con luz)", "luz"),
    ],
)
def test_words_that_a_sign_joins_are_found_one_by_one(find: Find, make_listing: Make, title: str, q: str) -> None:
    make_listing(title=title)
    make_listing(title=q)  # the words stand somewhere, so likeness does not help

    assert find(q) == [q, title]


def test_words_of_sentences_without_a_blank_between_them_are_found(find: Find, make_listing: Make) -> None:
    make_listing(title="Mochila", description="Como nueva.Poco uso,negra/azul")
    make_listing(title="Poco azul")

    assert find("poco uso azul") == ["Mochila"]


def test_words_that_stand_somewhere_are_not_mixed_with_likenesses(find: Find, make_listing: Make) -> None:
    make_listing(title="Calculadora")
    make_listing(title="Calculdora mal escrita")

    assert find("calculdora") == ["Calculdora mal escrita"]
    assert find("calculdora", condition="new") == []  # the words stand; it is the filter that finds nothing


def test_likeness_holds_for_every_page_and_cursor(client: APIClient, make_listing: Make) -> None:
    for number in range(3):
        make_listing(title=f"Calculadora {number}")
    first = client.get("/v1/listings?q=calculdora&page_size=2").json()
    second = client.get("/v1/listings?q=calculdora&page_size=2&page=2").json()
    make_listing(title="calculdora")
    after = client.get(f"/v1/listings?q=calculdora&page_size=2&cursor={first['next_cursor']}").json()

    assert [item["title"] for item in first["items"]] == ["Calculadora 2", "Calculadora 1"]
    assert [item["title"] for item in second["items"]] == ["Calculadora 0"]
    assert [item["title"] for item in after["items"]] == ["Calculadora 0"]


@pytest.mark.parametrize("q", ["!!", "&", "a & | b", "'", '"', "\\", "%", "_", "100%_\\", ":*", "(", "<->", "😀", "de"])
def test_signs_are_words_like_others(find: Find, make_listing: Make, q: str) -> None:
    make_listing(title="Mochila azul")

    assert find(q) == []


def test_a_percent_sign_is_no_wildcard(find: Find, make_listing: Make) -> None:
    make_listing(title="abc100%xyz")
    make_listing(title="abc1000xyz")

    assert find("c100%x") == ["abc100%xyz"]


def test_the_best_match_first(find: Find, make_listing: Make) -> None:
    make_listing(title="Mouse Logitech", description="como nuevo")
    make_listing(title="Escritorio", description="con espacio para el mouse")

    assert find("mouse") == ["Escritorio", "Mouse Logitech"]
    assert find("mouse", sort="best") == ["Mouse Logitech", "Escritorio"]


def test_a_common_word_is_estimated_and_finds_the_same(
    client: APIClient, make_listing: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        make_listing(title=f"mouse {number}")
    few = client.get("/v1/listings?q=mouse&page_size=2").json()
    monkeypatch.setattr(finding, "WORDS_POOL", 2)
    totals.forget()
    try:
        many = client.get("/v1/listings?q=mouse&page_size=2").json()
        last = client.get("/v1/listings?q=mouse&page_size=2&page=2").json()
    finally:
        finding.common_words.forget()

    assert many["items"] == few["items"]
    assert (few["total"], few["total_is_exact"]) == (4, True)
    assert many["total"] > 1_000
    assert many["total_is_exact"] is False
    assert many["next_cursor"]
    assert (last["total"], last["total_is_exact"], last["has_next"]) == (4, True, False)


def test_nothing_found_of_a_common_word_is_nothing(client: APIClient, make_listing: Make) -> None:
    make_listing(title="mouse")
    finding.common_words.put("mouse", Road.INDEX)
    try:
        nothing = client.get("/v1/listings?q=mouse&max_price=1").json()
    finally:
        finding.common_words.forget()

    assert (nothing["items"], nothing["total"], nothing["total_is_exact"]) == ([], 0, True)


def test_the_best_of_no_words_are_the_newest_page_by_page(client: APIClient, make_listing: Make) -> None:
    for number in range(3):
        make_listing(title=f"mouse {number}")
    first = client.get("/v1/listings?sort=best&page_size=2").json()

    second = client.get(f"/v1/listings?sort=best&page_size=2&cursor={first['next_cursor']}")

    assert second.status_code == 200, second.content
    assert [item["title"] for item in second.json()["items"]] == ["mouse 0"]
    assert client.get(f"/v1/listings?q=mouse&sort=best&cursor={first['next_cursor']}").status_code == 422
