"""PoliMarket's products: the rows of its README, and what its React shop calls beyond them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Category, Listing, Photo
from listings.services import catalogs, listings
from listings.services.importing.tables import MOST_BYTES, MOST_ROWS
from listings.tests.studio import opened
from marketplace.contracts.tests.polimarket.conftest import picture

pytestmark = pytest.mark.django_db
As = Callable[..., APIClient]
Offer = Callable[..., dict[str, Any]]
BASE = "http://127.0.0.1:8000"


def test_ours_a_file_with_nothing_in_it_is_said_to_be_empty(signed_in: As, leo: User) -> None:
    """In words of a file, and not of a list; no schema can say it beforehand."""
    form = {"title": "Item", "price": "9.99", "file": SimpleUploadedFile("a.png", b"", "image/png")}
    reply = signed_in(leo).post("/products", form, format="multipart")

    assert reply.status_code == 422
    problem = reply.json()["detail"][0]
    assert (problem["type"], problem["loc"], problem["msg"]) == (
        "value_error",
        ["body", "file"],
        "The submitted file is empty.",
    )


def test_readme_create_a_product_with_its_picture(signed_in: As, leo: User) -> None:
    form = {"title": "Item", "description": "Desc", "price": "9.99", "file": picture("image.png", "image/png")}
    body = signed_in(leo).post("/products", form, format="multipart").json()

    image_url = body.pop("image_url")
    assert body.pop("created_at").endswith("Z")
    listing = Listing.objects.get()
    assert body == {
        "id": listing.number,
        "title": "Item",
        "description": "Desc",
        "price": 9.99,
        "category": "other",
        "seller_id": leo.number,
        "seller": {"id": leo.number, "name": "Leo", "profile_image": None},
    }
    assert (listing.price_cents, listing.currency, listing.state) == (999, "USD", "live")
    assert image_url.startswith(f"{BASE}/static/images/")


def test_readme_the_picture_is_there_at_once_and_drawn_anew(anonymous: APIClient, leo: User, offer: Offer) -> None:
    reply = anonymous.get(offer(leo)["image_url"].removeprefix(BASE))

    assert (reply.status_code, reply["Content-Type"]) == (200, "image/jpeg")
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert opened(b"".join(reply.streaming_content)).size == (60, 40)  # type: ignore[attr-defined]  # a file of ours


@pytest.mark.parametrize(
    "name", ["x.png", "../settings.py", "people-x.jpg", "00000000-0000-7000-8000-000000000000.jpg"]
)
def test_readme_a_picture_that_is_not_there_is_404(anonymous: APIClient, name: str) -> None:
    assert anonymous.get(f"/static/images/{name}").status_code == 404


def test_a_picture_that_nobody_has_looked_at_is_not_shown(anonymous: APIClient, leo: User, offer: Offer) -> None:
    path = offer(leo)["image_url"].removeprefix(BASE)
    Photo.objects.update(state=Photo.State.WAITING)

    assert anonymous.get(path).status_code == 404
    assert anonymous.get("/products").json()[0]["image_url"] is None


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"file": SimpleUploadedFile("a.txt", b"hello", "text/plain")}, 400),
        ({"file": SimpleUploadedFile("a.gif", b"GIF89a", "image/gif")}, 400),
        ({"file": ""}, 422),
        ({"title": ""}, 422),
        ({"price": "-1"}, 422),
        ({"price": "nan"}, 422),
        ({"price": "1e400"}, 422),
        ({"price": "1e20"}, 422),
        ({"category": "cars"}, 422),
    ],
)
def test_readme_create_refuses_and_keeps_nothing(
    signed_in: As, leo: User, changes: dict[str, Any], status: int
) -> None:
    form = {"title": "Item", "description": "Desc", "price": "9.99", "file": picture(), **changes}
    reply = signed_in(leo).post("/products", form, format="multipart")

    assert reply.status_code == status, reply.content
    assert not Listing.objects.exists()


def test_readme_create_needs_a_token(anonymous: APIClient) -> None:
    assert anonymous.post("/products", {"title": "x"}, format="multipart").status_code == 401


def test_a_form_sent_again_with_its_key_is_one_product(signed_in: As, leo: User) -> None:
    client, key = signed_in(leo), {"Idempotency-Key": "lamp-1"}
    forms = [{"title": "Lamp", "description": "", "price": 3, "file": picture()} for _ in range(2)]
    first, again = (client.post("/products", form, format="multipart", headers=key) for form in forms)

    assert first.json()["id"] == again.json()["id"]
    assert Listing.objects.count() == 1


def test_readme_products_are_a_bare_list_newest_first_for_everybody(
    anonymous: APIClient, leo: User, offer: Offer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = offer(leo, title="First")
    second = offer(leo, title="Second", category="study")

    with django_assert_num_queries(2):
        rows = anonymous.get("/products").json()

    assert rows == [second, first]
    assert (rows[0]["category"], rows[0]["seller"]["name"], type(rows[0]["price"])) == ("study", "Leo", float)
    assert anonymous.get("/products?limit=1&offset=1").json() == [first]


def test_readme_one_product(anonymous: APIClient, leo: User, offer: Offer) -> None:
    shown = offer(leo)

    assert anonymous.get(f"/products/{shown['id']}").json() == shown
    missing = anonymous.get("/products/987654321")
    assert (missing.status_code, missing.json()["detail"]) == (404, "Producto no encontrado")


def test_a_listing_of_another_family_is_a_product_too(anonymous: APIClient, leo: User) -> None:
    catalogs.seed_base()
    for slug, shelf in {"laptops": "electronics", "textbooks": "study", "services": "other"}.items():
        facts = {"title": slug, "price_cents": 8_500_050, "category": Category.objects.get(slug=slug)}
        listing = listings.offer(leo, facts=facts)
        body = anonymous.get(f"/products/{listing.number}").json()
        assert (body["price"], body["category"], body["description"], body["image_url"]) == (85_000.5, shelf, "", None)


def test_a_product_is_a_listing_of_the_others(signed_in: As, leo: User, offer: Offer) -> None:
    offer(leo, title="Lamp", category="food")
    key = Listing.objects.get().pk

    body = signed_in(leo).get(f"/v1/listings/{key}").json()

    assert (body["title"], body["price_cents"], body["currency"]) == ("Lamp", 850, "USD")


def test_react_edit_a_product(signed_in: As, leo: User, ana: User, offer: Offer) -> None:
    number = offer(leo)["id"]
    form = {"title": "Lamp", "price": "7.25", "category": "study", "file": picture()}
    changed = signed_in(leo).put(f"/products/{number}", form, format="multipart").json()
    foreign = signed_in(ana).put(f"/products/{number}", {"title": "Mine"}, format="multipart")

    assert (changed["title"], changed["price"], changed["category"]) == ("Lamp", 7.25, "study")
    assert changed["description"] == "Bright"
    assert (foreign.status_code, foreign.json()["detail"]) == (403, "No autorizado")
    assert signed_in(ana).put("/products/987654321", {}).status_code == 404
    assert Listing.objects.get().title == "Lamp"


def test_react_delete_a_product(anonymous: APIClient, signed_in: As, leo: User, ana: User, offer: Offer) -> None:
    number = offer(leo)["id"]
    assert signed_in(ana).delete(f"/products/{number}").status_code == 403

    assert signed_in(leo).delete(f"/products/{number}").json() == {"status": "deleted", "product_id": number}
    assert anonymous.get(f"/products/{number}").status_code == 404
    assert anonymous.get("/products").json() == []


def test_react_favourites_are_toggled(signed_in: As, leo: User, ana: User, offer: Offer) -> None:
    one, two = offer(leo, title="One"), offer(leo, title="Two")
    client = signed_in(ana)
    for shown in (one, two):
        assert client.post(f"/products/{shown['id']}/favorite").json() == {"status": "added"}

    assert client.get("/users/me/favorites").json() == [two, one]
    assert client.post(f"/products/{one['id']}/favorite").json() == {"status": "removed"}
    assert client.get("/users/me/favorites").json() == [two]
    assert client.post("/products/987654321/favorite").status_code == 404


def test_react_products_of_somebody(anonymous: APIClient, leo: User, ana: User, offer: Offer) -> None:
    shown = offer(leo)

    assert anonymous.get(f"/users/{leo.number}/products").json() == [shown]
    assert anonymous.get(f"/users/{ana.number}/products").json() == []
    assert anonymous.get("/users/987654321/products").status_code == 404


def workbook(*rows: tuple[Any, ...], name: str = "products.xlsx") -> SimpleUploadedFile:
    book, file = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(file)
    return SimpleUploadedFile(name, file.getvalue())


def test_react_bulk_upload_takes_the_good_rows_and_tells_the_bad(signed_in: As, leo: User) -> None:
    header = ("title", "description", "price", "category", "image_url")
    rows = ("Arroz", "Rico", 2.5, "food", ""), ("", "No name", 1, "other", ""), ("Cable", "", "x", "electronics", "")
    file = workbook(header, *rows)
    body = signed_in(leo).post("/products/bulk-upload", {"file": file}, format="multipart").json()

    assert (body["success"], body["products_created"], body["total_rows"]) == (True, 1, 3)
    assert body["products_details"] == [{"row": 2, "title": "Arroz"}]
    assert [error.split(":")[0] for error in body["errors"]] == ["Fila 3", "Fila 4"]
    listing = Listing.objects.get()
    assert (listing.price_cents, listing.currency, listing.category.slug) == (250, "USD", "food")


@pytest.mark.parametrize(
    "file",
    [
        workbook(("title",), ("x",), name="a.csv"),
        workbook(("title", "colour"), ("x", "red")),
        SimpleUploadedFile("a.xlsx", b"PK\x03\x04 not a workbook"),
        SimpleUploadedFile("a.xls", b"\xd0\xcf\x11\xe0"),
        SimpleUploadedFile("large.xlsx", b"PK\x03\x04" + bytes(MOST_BYTES)),
        SimpleUploadedFile("long.xlsx", b"title,price\n" + b"x,1\n" * (MOST_ROWS + 1)),
    ],
)
def test_react_bulk_upload_refuses_what_is_no_such_workbook(signed_in: As, leo: User, file: SimpleUploadedFile) -> None:
    file.seek(0)
    reply = signed_in(leo).post("/products/bulk-upload", {"file": file}, format="multipart")

    assert reply.status_code == 400
    assert isinstance(reply.json()["detail"], str)
    assert not Listing.objects.exists()


def test_a_person_sends_a_few_workbooks_an_hour(signed_in: As, leo: User, ana: User, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "import": "2/hour"}

    def upload(person: User) -> int:
        file = workbook(("title", "description", "price", "category", "image_url"), ("Arroz", "", 2.5, "food", ""))
        return signed_in(person).post("/products/bulk-upload", {"file": file}, format="multipart").status_code

    assert [upload(leo) for _ in range(3)] == [200, 200, 429]
    assert upload(ana) == 200
    assert Listing.objects.count() == 3


def test_react_the_template_can_be_sent_as_it_is(signed_in: As, anonymous: APIClient, leo: User) -> None:
    template = anonymous.get("/products/bulk-upload/template")
    assert "attachment" in template["Content-Disposition"]
    file = SimpleUploadedFile("plantilla.xlsx", template.content)

    reply = signed_in(leo).post("/products/bulk-upload", {"file": file}, format="multipart")

    assert reply.json()["products_created"] == 1
