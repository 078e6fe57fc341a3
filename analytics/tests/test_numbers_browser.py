"""`/account/numbers` in a real browser, on a desk and on a phone, before the real server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from analytics.tests.doings import asked, viewed
from conftest import PASSWORD
from listings.models import Listing
from listings.services import favourites
from marketplace.tests.browser import fits, needs_chromium
from orders.services import placing
from orders.tests.tampering import tamper

pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def busy_month(
    make_person: Callable[..., User], buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    """Five other sellers are slower; the seller has answered one of two, and sold one thing."""
    now = timezone.now()
    lamp, book = (
        make_listing(title="Lámpara de escritorio con brazo articulado y base de hierro"),
        make_listing(title="<b>Libro</b>"),
    )
    for days in range(1, 9):
        for number in range(days % 4 + 1):
            viewed(make_person(f"viewer{days}-{number}"), lamp, at=now - timedelta(days=days))
    viewed(buyer, book, at=now)
    viewed(buyer, lamp, at=now - timedelta(days=60))
    favourites.add(buyer, lamp)
    asked(buyer, lamp, at=now - timedelta(days=2), answered_after=timedelta(minutes=25))
    asked(buyer, book, at=now - timedelta(days=2))
    for number in range(5):
        other = make_person(f"other{number}")
        asked(buyer, make_listing(by=other), at=now - timedelta(days=1))
    placing.place(buyer, placing.Wish(lamp.pk, 1))
    tamper("UPDATE orders_order SET status = 'paid'")
    Listing.objects.filter(pk=book.pk).update(state=Listing.State.PAUSED)


def value(page: Page, name: str) -> str:
    return page.locator("#figures div", has_text=name).locator(".value").inner_text()


def test_a_seller_reads_their_numbers(address: str, page: Page, busy_month: None) -> None:
    page.goto(f"{address}/account/numbers")
    page.get_by_label("User name or e-mail address").fill("seller")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#things tr")).to_have_count(2)
    assert fits(page)
    names = ("Views", "Favourites", "Conversations", "Answered", "Until the first answer", "Sold")
    assert [value(page, name) for name in names] == ["21", "1", "2", "50%", "25 min", "1"]
    expect(page.locator("#place")).to_have_text("You answer better than 100% of the other sellers in the last 30 days.")
    expect(page.locator("#days rect")).to_have_count(30)
    expect(page.locator("#days")).to_have_attribute("aria-label", "21 views in 30 days, 4 on the busiest")
    expect(page.locator("#things th").nth(1)).to_have_text("<b>Libro</b>no longer on offer")
    expect(page.locator("#things td").nth(4)).to_have_text("1 · COP 150,000")

    page.get_by_label("Period").select_option("90")
    expect(page.locator("#days rect")).to_have_count(90)
    assert value(page, "Views") == "22"
    expect(page.locator("#place")).to_be_hidden()

    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("heading", name="Tus números")).to_be_visible()
    expect(page.locator("#place")).to_have_text(
        "En los últimos 30 días respondes mejor que el 100 % de los demás vendedores."
    )
    assert fits(page)
    page.get_by_role("button", name="Cerrar sesión").click()
    expect(page.get_by_label("Contraseña")).to_be_visible()
    expect(page.locator("#numbers")).to_be_hidden()


def test_who_has_sold_nothing_yet(address: str, page: Page, buyer: User) -> None:
    page.goto(f"{address}/account/numbers")
    page.get_by_label("User name or e-mail address").fill("buyer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#nothing")).to_be_visible()
    expect(page.locator(".things")).to_be_hidden()
    assert value(page, "Until the first answer") == "\N{EN DASH}"
    assert fits(page)
