"""The campus contract, §2 and §11: categories and brands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Brand, Category
from marketplace.common.models import OutboxEvent

pytestmark = pytest.mark.django_db

AT_ONCE = 10
DOORS = [("/v1/categories", Category, {}), ("/v1/brands", Brand, {"category_id": None})]


@pytest.fixture
def no_limits(settings: Any) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


def test_2_categories_are_a_bare_array_by_name_that_anybody_may_read(
    anonymous: APIClient, catalog: dict[str, Category]
) -> None:
    reply = anonymous.get("/v1/categories")

    assert reply.status_code == 200
    rows = reply.json()
    assert isinstance(rows, list)
    assert [row["name"] for row in rows] == ["Accessories", "Laptops", "Phones", "Services", "Textbooks"]
    assert all({"id", "slug", "name"} <= set(row) for row in rows)
    assert {row["slug"]: row["id"] for row in rows}["laptops"] == str(catalog["laptops"].pk)


def test_2_brands_are_a_bare_array_by_name_that_anybody_may_read(
    anonymous: APIClient, catalog: dict[str, Category]
) -> None:
    rows = anonymous.get("/v1/brands").json()

    assert [row["name"] for row in rows] == ["Apple", "Lenovo", "Logitech", "Samsung"]
    assert all(set(row) == {"id", "name", "slug", "category_id"} for row in rows)


def test_2_brands_of_a_category(anonymous: APIClient, catalog: dict[str, Category]) -> None:
    def slugs(query: str) -> list[str]:
        return [row["slug"] for row in anonymous.get(f"/v1/brands{query}").json()]

    assert slugs(f"?category_id={catalog['laptops'].pk}") == ["apple", "lenovo"]
    assert slugs(f"?category_id={catalog['textbooks'].pk}") == []
    assert slugs("?category_id=0b0e0f1a-1111-4222-8333-abcdefabcdef") == []
    assert slugs("?category_id=") == ["apple", "lenovo", "logitech", "samsung"]
    assert anonymous.get("/v1/brands?category_id=laptops").status_code == 422


def test_2_what_the_e2e_script_looks_up_is_there_after_the_first_start(anonymous: APIClient) -> None:
    call_command("prepare", no_static=True, verbosity=0)

    categories = {row["slug"]: row["id"] for row in anonymous.get("/v1/categories").json()}
    brands = {row["slug"]: row for row in anonymous.get("/v1/brands").json()}
    assert set(categories) >= {"laptops", "phones", "accessories", "textbooks", "services"}
    assert brands["lenovo"]["category_id"] == categories["laptops"]


def test_2_seeding_says_its_line_and_leaves_what_moderators_did(db: None) -> None:
    config: Any = apps.get_app_config("listings")

    assert config.seed() == "Seeded base categories."
    Category.objects.filter(slug="services").update(is_hidden=True, name="Tutoring")
    assert config.seed() == "Seeded base categories."
    assert Category.objects.count() == 5
    assert Category.objects.get(slug="services").name == "Tutoring"
    assert Brand.objects.count() == 4


def test_what_a_moderator_hid_is_not_listed(anonymous: APIClient, catalog: dict[str, Category]) -> None:
    Category.objects.filter(slug="services").update(is_hidden=True)
    Brand.objects.filter(slug="apple").update(is_hidden=True)

    assert "services" not in {row["slug"] for row in anonymous.get("/v1/categories").json()}
    assert "apple" not in {row["slug"] for row in anonymous.get("/v1/brands").json()}


@pytest.mark.parametrize("url", ["/v1/categories", "/v1/brands"])
def test_a_list_costs_one_query_however_long_it_is(
    anonymous: APIClient, catalog: dict[str, Category], url: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Category.objects.bulk_create(Category(slug=f"more-{n}", name=f"More {n}") for n in range(30))
    Brand.objects.bulk_create(Brand(slug=f"more-{n}", name=f"More {n}") for n in range(30))

    with django_assert_num_queries(1):
        assert len(anonymous.get(url).json()) > 30


@pytest.mark.parametrize(("url", "model", "home"), DOORS)
def test_of_very_many_a_thousand_are_listed_and_those_that_were_looked_at_are_among_them(
    anonymous: APIClient, url: str, model: Any, home: dict[str, Any]
) -> None:
    model.objects.bulk_create(model(slug=f"more-{n}", name=f"More {n:04}", **home) for n in range(1_100))
    model.objects.bulk_create([model(slug="zzz", name="Zzz, which was looked at", reviewed_at=timezone.now(), **home)])

    names = [row["name"] for row in anonymous.get(url).json()]

    assert (len(names), names[-1]) == (1_000, "Zzz, which was looked at")
    assert names == sorted(names)


# ── Adding ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("url", "model", "home"), DOORS)
def test_11_a_new_one_is_201_and_a_known_slug_in_any_case_200_with_the_one_that_is_there(
    signed_in: Callable[..., APIClient],
    buyer: User,
    stranger: User,
    catalog: dict[str, Category],
    url: str,
    model: Any,
    home: dict[str, Any],
) -> None:
    first = signed_in(buyer).post(url, {"slug": "board-games", "name": "Board games", **home})
    again = signed_in(stranger).post(url, {"slug": " Board Games ", "name": "Something else", **home})

    assert (first.status_code, again.status_code) == (201, 200), again.content
    assert again.json() == first.json()
    row = model.objects.get(slug="board-games")
    assert (row.name, row.added_by, row.reviewed_at) == ("Board games", buyer, None)
    assert OutboxEvent.objects.filter(kind__endswith=".added").count() == 1


def test_11_a_brand_belongs_to_its_category_and_the_same_slug_may_live_in_two(
    signed_in: Callable[..., APIClient], buyer: User, catalog: dict[str, Category]
) -> None:
    client = signed_in(buyer)
    body = {"slug": "samsung", "name": "Samsung"}

    there = client.post("/v1/brands", {**body, "category_id": str(catalog["phones"].pk)})
    new = client.post("/v1/brands", {**body, "category_id": str(catalog["laptops"].pk)})
    anywhere = client.post("/v1/brands", body)

    assert [reply.status_code for reply in (there, new, anywhere)] == [200, 201, 201]
    assert new.json()["category_id"] == str(catalog["laptops"].pk)
    assert anywhere.json()["category_id"] is None
    assert Brand.objects.with_slug("samsung").count() == 3


@pytest.mark.parametrize("url", ["/v1/categories", "/v1/brands"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "x"}, "slug"),
        ({"slug": "x" * 61}, "slug"),
        ({"slug": "¡!"}, "slug"),
        ({"slug": None}, "slug"),
        ({"name": "x"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": ["a", "b"]}, "name"),
    ],
)
def test_11_what_does_not_fit_is_a_422_and_nothing_is_added(
    signed_in: Callable[..., APIClient], buyer: User, url: str, change: dict[str, Any], field: str
) -> None:
    reply = signed_in(buyer).post(url, {"slug": "board-games", "name": "Board games", **change})

    assert reply.status_code == 422, reply.content
    assert reply.json()["detail"][0]["loc"] == ["body", field]
    assert not Category.objects.exists()
    assert not Brand.objects.exists()


@pytest.mark.parametrize("category_id", ["0b0e0f1a-1111-4222-8333-abcdefabcdef", "hidden", "laptops"])
def test_11_a_brand_of_no_category_that_is_shown_is_a_422(
    signed_in: Callable[..., APIClient], buyer: User, catalog: dict[str, Category], category_id: str
) -> None:
    if category_id == "hidden":
        Category.objects.filter(pk=catalog["services"].pk).update(is_hidden=True)
        category_id = str(catalog["services"].pk)

    reply = signed_in(buyer).post("/v1/brands", {"slug": "casio", "name": "Casio", "category_id": category_id})

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "category_id"]
    assert not Brand.objects.filter(slug="casio").exists()


@pytest.mark.parametrize("url", ["/v1/categories", "/v1/brands"])
def test_11_who_is_not_signed_in_adds_nothing(anonymous: APIClient, url: str) -> None:
    assert anonymous.post(url, {"slug": "bikes", "name": "Bikes"}).status_code == 401
    assert not Category.objects.exists()
    assert not Brand.objects.exists()


def test_an_empty_category_of_a_brand_is_none(signed_in: Callable[..., APIClient], buyer: User) -> None:
    reply = signed_in(buyer).post("/v1/brands", {"slug": "casio", "name": "Casio", "category_id": ""})

    assert (reply.status_code, reply.json()["category_id"]) == (201, None)


def test_what_was_hidden_does_not_come_back_by_being_added_again(
    signed_in: Callable[..., APIClient], buyer: User, catalog: dict[str, Category]
) -> None:
    Category.objects.filter(slug="services").update(is_hidden=True)

    reply = signed_in(buyer).post("/v1/categories", {"slug": "services", "name": "Services"})

    assert (reply.status_code, reply.json()["id"]) == (200, str(catalog["services"].pk))
    assert Category.objects.get(slug="services").is_hidden


def test_a_person_adds_a_few_an_hour_over_both_catalogs_and_staff_as_many_as_they_like(
    signed_in: Callable[..., APIClient], buyer: User, moderator: User, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "catalog": "3/hour"}

    def added(person: User) -> list[int]:
        client = signed_in(person)
        doors = ["/v1/categories", "/v1/brands"] * 2
        return [
            client.post(door, {"slug": f"{person.username}-{n}", "name": "A name"}).status_code
            for n, door in enumerate(doors)
        ]

    assert added(buyer) == [201, 201, 201, 429]
    assert added(moderator) == [201] * 4
    assert not Brand.objects.filter(added_by=buyer, slug__endswith="3").exists()
    assert Category.objects.get(slug="moderator-0").reviewed_at is not None


def test_a_request_sent_again_with_its_key_gets_the_first_answer(
    signed_in: Callable[..., APIClient], buyer: User
) -> None:
    client, body = signed_in(buyer), {"slug": "bikes", "name": "Bikes"}

    first = client.post("/v1/categories", body, headers={"Idempotency-Key": "k1"})
    again = client.post("/v1/categories", body, headers={"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_limits")
@pytest.mark.parametrize(("url", "model", "home"), DOORS)
def test_11_ten_phones_that_add_the_same_at_once_get_the_same(
    signed_in: Callable[..., APIClient], buyer: User, url: str, model: Any, home: dict[str, Any]
) -> None:
    answers: list[tuple[int, str]] = []
    barrier = threading.Barrier(AT_ONCE, timeout=20)
    clients = [signed_in(buyer) for _ in range(AT_ONCE)]

    def add(client: APIClient) -> None:
        connection.ensure_connection()
        barrier.wait()
        reply = client.post(url, {"slug": "Bikes", "name": "Bikes", **home})
        answers.append((reply.status_code, reply.json()["id"]))
        connection.close()

    threads = [threading.Thread(target=add, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(status for status, _ in answers) == [200] * (AT_ONCE - 1) + [201]
    assert len({key for _, key in answers}) == 1
    assert model.objects.count() == 1
    assert OutboxEvent.objects.filter(kind__endswith=".added").count() == 1
