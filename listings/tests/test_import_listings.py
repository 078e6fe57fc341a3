"""`manage.py import_listings`, and the reading of spreadsheets behind it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from listings.models import Brand, Category, Listing, ListingPrice
from listings.serializers.listings import ListingBody
from listings.services.importing import Problem, Report, import_rows, read_table
from listings.tests.spreadsheets import workbook
from marketplace.common.models import OutboxEvent

pytestmark = pytest.mark.django_db

HEADER = "title,description,category,brand,price,condition,quantity,latitude,longitude,state\n"
MOUSE = "Mouse,Sin cable,accessories,logitech,85000,used,3,4.6014,-74.0661,live\n"


@pytest.fixture
def offered(catalog: dict[str, Category], seller: User) -> Callable[..., Report]:
    """What became of a file, given as text or as bytes."""

    def run(content: str | bytes, **how: Any) -> Report:
        table = read_table(content.encode() if isinstance(content, str) else content)
        return import_rows(table, seller=seller, check=ListingBody.read, **how)

    return run


# ── What a row becomes ───────────────────────────────────────────────────────────────────────────


def test_a_row_becomes_a_listing_like_one_that_was_posted(offered: Callable[..., Report], seller: User) -> None:
    report = offered(HEADER + MOUSE)

    assert (report.total, report.good, report.problems) == (1, 1, [])
    listing: Any = Listing.objects.get()
    assert report.offers[0].row == 2
    assert report.offers[0].listing == listing
    assert (listing.seller, listing.title, listing.description) == (seller, "Mouse", "Sin cable")
    assert (listing.category.slug, listing.brand.slug) == ("accessories", "logitech")
    assert (listing.price_cents, listing.currency, listing.condition) == (85_000_00, "COP", "used")
    assert (listing.quantity, listing.state) == (3, "live")
    assert (listing.location.y, listing.location.x) == (4.6014, -74.0661)
    assert ListingPrice.objects.count() == 1
    assert set(OutboxEvent.objects.values_list("kind", flat=True)) == {"listing.created", "listing.went_live"}


def test_headers_conditions_and_states_may_be_spanish(offered: Callable[..., Report]) -> None:
    report = offered(
        "Título;DESCRIPCIÓN;Categoría;Marca;Precio;Estado;Cantidad;Latitud;Longitud;Publicación;Moneda\n"
        "Portátil;Ñandú;Laptops;LENOVO;1.250.000,50;Como nuevo;2;4,6014;-74,0661;Borrador;usd\n"
    )

    assert report.problems == []
    listing: Any = Listing.objects.get()
    assert (listing.title, listing.description) == ("Portátil", "Ñandú")
    assert (listing.category.slug, listing.brand.slug) == ("laptops", "lenovo")
    assert (listing.price_cents, listing.currency) == (1_250_000_50, "USD")
    assert (listing.condition, listing.quantity, listing.state) == ("like_new", 2, "draft")
    assert listing.location.coords == (-74.0661, 4.6014)


def test_what_is_left_empty_has_its_default_and_unknown_columns_are_told(offered: Callable[..., Report]) -> None:
    report = offered("title,price_cents,category,seller_id,image_url\nMouse,850,accessories,1,\n")

    assert (report.problems, report.ignored_columns) == ([], ["seller_id", "image_url"])
    listing = Listing.objects.get()
    assert (listing.price_cents, listing.quantity, listing.brand, listing.location) == (850, 1, None, None)


def test_rows_that_name_no_currency_have_the_one_that_was_said(offered: Callable[..., Report]) -> None:
    offered("title,price,category,currency\nMouse,1,accessories,EUR\nMouse,2,accessories,\n", currency="USD")

    assert list(Listing.objects.order_by("price_cents").values_list("currency", flat=True)) == ["EUR", "USD"]


@pytest.mark.parametrize(
    ("price", "currency", "cents"),
    [
        ("20 USD", "USD", 20_00),
        ("US$ 20", "usd", 20_00),
        ("COL$ 85.000", "", 85_000_00),
        ("85.000 COP", "", 85_000_00),
        ("20 USD", "", None),
        ("US$ 20", "", None),
        ("COP $85.000", "USD", None),
    ],
)
def test_a_price_that_names_another_currency_is_no_price(
    offered: Callable[..., Report], price: str, currency: str, cents: int | None
) -> None:
    report = offered(f"title;price;category;currency\nMouse;{price};accessories;{currency}\n")

    assert list(Listing.objects.values_list("price_cents", flat=True)) == ([] if cents is None else [cents])
    assert [(each.row, each.column) for each in report.problems] == ([(2, "price")] if cents is None else [])


def test_a_brand_is_looked_for_in_its_category_first(
    offered: Callable[..., Report], catalog: dict[str, Category]
) -> None:
    Brand.objects.create(slug="apple", name="Apple", category=catalog["phones"])
    Brand.objects.create(slug="casio", name="Casio")

    report = offered(
        "title,price,category,brand\nA phone,1,phones,Apple\nA laptop,1,laptops,apple\n"
        "Watch,1,accessories,casio\nCable,1,accessories,samsung\nCase,1,accessories,apple\n"
    )

    assert [(problem.row, problem.column) for problem in report.problems] == [(6, "brand")]
    assert "Several are called so" in report.problems[0].reason
    assert not Listing.objects.exists()


def test_what_a_moderator_hid_cannot_be_chosen(offered: Callable[..., Report], catalog: dict[str, Category]) -> None:
    Category.objects.filter(slug="accessories").update(is_hidden=True)

    assert [problem.column for problem in offered(HEADER + MOUSE).problems] == ["category"]


# ── What is wrong with it ────────────────────────────────────────────────────────────────────────


def test_every_problem_is_told_with_its_row_its_column_and_a_reason(offered: Callable[..., Report]) -> None:
    report = offered(
        "Título,Categoría,Precio,Cantidad,Latitud,Marca\n"
        "Mouse,accessories,85000,1,,\n"
        "x,bikes,gratis,0,,\n"
        ",laptops,,,,\n"
        "\n"
        "Mouse,laptops,-5,2.5,91,acme\n"
    )

    assert [(problem.row, problem.column) for problem in report.problems] == [
        *((3, "Categoría"), (3, "Precio"), (3, "Título"), (3, "Cantidad")),
        *((4, "Título"), (4, "Precio")),
        *((6, "Marca"), (6, "Precio"), (6, "Cantidad"), (6, "Latitud")),
    ]
    assert report.problems[0].reason == "There is no such category: bikes"
    assert report.problems[1].reason == "This is no amount: gratis"
    assert report.problems[2].reason == "String should have at least 2 characters"
    assert (report.total, report.good, report.offers) == (4, 1, [])
    assert not Listing.objects.exists()


def test_a_price_that_there_are_no_coins_for_is_a_problem_of_its_row(offered: Callable[..., Report]) -> None:
    report = offered("title,category,price,currency\nMouse,laptops,10.50,CLP\nMouse,laptops,10.50,USD\n")

    assert [(problem.row, problem.column) for problem in report.problems] == [(2, "price")]


def test_half_a_place_is_a_problem_of_the_other_half(offered: Callable[..., Report]) -> None:
    report = offered("title,category,price,latitude,longitude\nMouse,laptops,1,4.6,\n")

    assert [(problem.row, problem.column) for problem in report.problems] == [(2, "longitude")]


def test_a_needed_column_that_is_missing_or_there_twice_is_a_problem_of_the_header(
    offered: Callable[..., Report],
) -> None:
    assert offered("title,price\nMouse,1\n").problems == [Problem(1, "category", "There is no such column")]
    twice = offered("title,price,category,Título\nMouse,1,laptops,Rata\n").problems
    assert [(problem.row, problem.column) for problem in twice] == [(1, "title")]
    assert not Listing.objects.exists()


def test_all_or_nothing_unless_bad_rows_are_to_be_left_out(offered: Callable[..., Report]) -> None:
    content = HEADER + MOUSE + MOUSE.replace("accessories", "bikes") + MOUSE

    assert offered(content).offers == []
    assert not Listing.objects.exists()
    report = offered(content, skip_bad_rows=True)
    assert [offer.row for offer in report.offers] == [2, 4]
    assert (Listing.objects.count(), len(report.problems)) == (2, 1)


def test_a_failure_halfway_leaves_nothing_behind(offered: Callable[..., Report]) -> None:
    calls = iter([None, RuntimeError("the plug was pulled")])

    def on_row() -> None:
        if error := next(calls):
            raise error

    with pytest.raises(RuntimeError):
        offered(HEADER + MOUSE * 3, on_row=on_row)
    assert not Listing.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_a_trial_writes_nothing(offered: Callable[..., Report]) -> None:
    report = offered(HEADER + MOUSE * 3, is_trial=True)

    assert (report.total, report.good, report.offers) == (3, 3, [])
    assert not Listing.objects.exists()


def test_the_same_file_twice_is_offered_twice(offered: Callable[..., Report]) -> None:
    offered(HEADER + MOUSE)
    offered(HEADER + MOUSE)

    assert Listing.objects.count() == 2


def test_T14_nothing_but_the_named_columns_gets_in(offered: Callable[..., Report], seller: User) -> None:
    offered("title,price,category,seller,is_active,hidden_at,reserved,number\nMouse,1,laptops,9,no,2020,5,1\n")

    listing = Listing.objects.get()
    assert (listing.seller, listing.reserved, listing.hidden_at, listing.is_active) == (seller, 0, None, True)
    assert listing.number != 1


def test_a_formula_is_text_and_no_price(offered: Callable[..., Report]) -> None:
    formula = '=HYPERLINK("http://evil.example","x")'
    rows: list[list[Any]] = [["title", "price", "category"], [formula, 5, "laptops"], ["Mouse", "=1+1", "laptops"]]

    report = offered(workbook(*rows), skip_bad_rows=True)

    assert [(problem.row, problem.column, problem.reason) for problem in report.problems] == [
        (3, "price", "This is no amount: =1+1")
    ]
    assert Listing.objects.get().title == formula


# ── The command ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def command(catalog: dict[str, Category], seller: User, tmp_path: Path) -> Callable[..., str]:
    """`command(content)`: what it printed."""

    def run(content: str | bytes, **options: Any) -> str:
        file, out = tmp_path / "things.csv", io.StringIO()
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        call_command("import_listings", str(file), stdout=out, stderr=out, **{"seller": seller.username, **options})
        return out.getvalue()

    return run


def test_the_command_imports_for_its_seller(command: Callable[..., str], seller: User) -> None:
    said = command(HEADER + MOUSE * 2)

    assert said == "Imported 2 of 2 rows.\n"
    assert Listing.objects.of(seller).count() == 2


def test_the_command_only_looks_with_dry_run(command: Callable[..., str]) -> None:
    assert "1 of 1 rows could be imported. Nothing was written." in command(HEADER + MOUSE, dry_run=True)
    assert not Listing.objects.exists()


def test_the_command_fails_when_a_row_is_wrong_and_not_when_it_is_left_out(command: Callable[..., str]) -> None:
    content = HEADER + MOUSE + MOUSE.replace("85000", "much")

    with pytest.raises(CommandError, match="Nothing was imported"):
        command(content)
    assert not Listing.objects.exists()
    said = command(content, skip_bad_rows=True)
    assert "row 3, price: This is no amount: much\n" in said
    assert "Imported 1 of 2 rows." in said


def test_the_command_refuses_files_and_people_that_are_not_there(
    command: Callable[..., str], seller: User, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="no active person called nobody"):
        command(HEADER + MOUSE, seller="nobody")
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("import_listings", str(tmp_path / "missing.csv"), seller=seller.username)
    with pytest.raises(CommandError, match="The file is empty"):
        command("")
    User.objects.filter(pk=seller.pk).update(is_active=False)
    with pytest.raises(CommandError, match="no active person"):
        command(HEADER + MOUSE)
    assert not Listing.objects.exists()
