"""`/dashboard` in a real browser, before the real server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from analytics.services import folding
from analytics.tests.writing import Said, write
from conftest import PASSWORD
from listings.models import Listing
from marketplace.tests.browser import fits, needs_chromium

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def month(make_listing: Callable[..., Listing]) -> None:
    viewed = make_listing(category="phones")
    for n in range(30):
        at = NOW.replace(hour=0, minute=0) - n * DAY
        write(
            *(
                Said("ui.click", at, user=uuid4(), session=f"session-{s}", properties={"button": f"button-{s}"})
                for s in range(n % 9)
            ),
            Said("screen.view", at, properties={"screen": "<b>home</b>"}),
            Said("escrow.step", at, step="payment_made", properties={"result": "cancelled" if n % 4 == 0 else "ok"}),
            Said("feature.used", at, listing=viewed.pk, properties={"feature_key": "quick_view"}),
        )
    folding.fold()


def enter(page: Page, address: str, person: User) -> None:
    page.goto(f"{address}/dashboard")
    page.fill("[name=username]", person.username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Numbers", exact=True)).to_be_visible()


@needs_chromium
@pytest.mark.django_db(transaction=True)
def test_staff_see_the_month_and_choose_another(address: str, page: Page, moderator: User, month: None) -> None:
    enter(page, address, moderator)
    expect(page.locator("section[aria-busy=true]")).to_have_count(0)
    people = page.locator("#chart-3_1")
    expect(people.locator("rect")).to_have_count(26)  # on four of the thirty days nobody was named
    expect(page.locator("#chart-2_4")).to_contain_text("Total: 9,000")
    expect(page.locator("#chart-5_1 figure li")).to_have_text(["Phones"])
    expect(page.locator("#chart-2_2 figure li")).to_have_count(6)
    assert fits(page)

    people.get_by_text("As a table").click()
    expect(people.get_by_role("columnheader")).to_have_text(["Day", "People"])
    expect(people.locator("tbody tr")).to_have_count(30)
    assert fits(page)

    page.get_by_label("First day").fill("2020-01-01")
    page.get_by_label("Last day").fill("2020-01-31")
    page.get_by_role("button", name="Show").click()
    expect(people).to_contain_text("Nothing in this time.")
    expect(people.locator("details")).to_be_hidden()

    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("heading", name="Números", exact=True)).to_be_visible()
    expect(people).to_contain_text("Nada en este tiempo.")
    assert fits(page)


@needs_chromium
@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_answered_is_said(address: str, page: Page, moderator: User) -> None:
    enter(page, address, moderator)
    page.route("**/dashboard/numbers/3_1*", lambda route: route.fulfill(status=200, body='{"detail": 1'))
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#chart-3_1")).to_contain_text("These numbers could not be loaded.")
    expect(page.locator("#problem")).to_have_text("The server does not answer. Try again in a moment.")
    expect(page.locator("#chart-3_2")).to_contain_text("Nothing in this time.")


@needs_chromium
@pytest.mark.django_db(transaction=True)
def test_days_that_cannot_be_shown_are_said_in_the_readers_language(
    address: str, browser: Browser, moderator: User
) -> None:
    tab = browser.new_page(locale="es-CO")
    tab.goto(f"{address}/dashboard?first=2020-01-01&last=2025-01-01")
    tab.fill("[name=username]", moderator.username)
    tab.fill("[name=password]", PASSWORD)
    tab.keyboard.press("Enter")
    expect(tab.locator("#problem")).to_contain_text("Son demasiados días")

    tab.goto(f"{address}/dashboard?first=soon&last=")
    expect(tab.locator("#chart-3_1")).to_contain_text("Nada en este tiempo.")
    expect(tab.locator("#problem")).to_be_empty()

    tab.goto(f"{address}/dashboard?first=2026-02-01&last=2026-01-01")
    expect(tab.locator("#first")).to_have_value("2026-01-01")
    expect(tab.locator("#last")).to_have_value("2026-02-01")


@pytest.mark.django_db
def test_who_is_no_staff_is_sent_to_the_admins_door(in_admin: Callable[[User], Client], buyer: User) -> None:
    for client, status in ((Client(), 401), (in_admin(buyer), 403)):
        reply = client.get("/dashboard")
        assert (reply.status_code, reply.headers["Location"]) == (302, "/admin/login/?next=/dashboard")
        assert client.get("/dashboard/numbers/3_1").status_code == status


@pytest.mark.django_db
def test_the_page_is_answered_as_the_api_is(in_admin: Callable[[User], Client], moderator: User) -> None:
    client = in_admin(moderator)
    write(Said("ui.click", NOW))
    assert client.get("/dashboard/numbers/2_1").json()[0]["count"] == 1
    assert client.get("/dashboard/numbers/2_1?start=never").status_code == 400
    assert client.get("/dashboard/numbers/9_9").status_code == 404
