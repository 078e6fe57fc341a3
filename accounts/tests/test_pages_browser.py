"""The same in a real browser, at the width of a desk and of a phone: it works, and the console stays silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from accounts.services import passwords
from marketplace.common.models import AuditEntry
from marketplace.tests.browser import fits, needs_chromium

pytestmark = [
    needs_chromium,
    pytest.mark.django_db(transaction=True),
]


def sign_in(page: Page, base: str, username: str) -> None:
    page.goto(f"{base}/admin/")
    page.get_by_label("User name or e-mail address").fill(username)
    page.locator("#id_password").fill("correct horse")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{base}/admin/")


def test_a_moderator_disables_a_person_and_reads_the_trail(
    live_server: Any, page: Page, moderator: User, seller: User
) -> None:
    base = live_server.url
    sign_in(page, base, "moderator")
    page.goto(f"{base}/admin/accounts/user/?q=seller")
    assert fits(page)
    detail = reverse("admin:accounts_user_change", args=[seller.pk])
    page.locator(f"a[href^='{detail}']").first.click()
    page.wait_for_url(f"**{detail}**")
    assert fits(page)
    button = page.get_by_role("link", name="Disable account")
    if not button.is_visible():
        page.get_by_text("more_horiz").first.click()  # on a phone the buttons are in a menu
    button.click()
    submit = page.get_by_role("button", name="Disable account")
    submit.click()
    assert page.get_by_text("This field is required").is_visible()
    page.get_by_label("Reason").fill("Sold stolen goods")
    submit.click()
    page.get_by_text("Done: Disable account").wait_for()
    assert "Sold stolen goods" in page.locator("#trail").inner_text()
    page.goto(f"{base}/admin/common/auditentry/")
    assert page.get_by_text("person.disabled").first.is_visible()
    seller.refresh_from_db()
    assert not seller.is_active
    assert AuditEntry.objects.get().actor == moderator


def test_a_new_password_by_the_link_in_a_letter(live_server: Any, page: Page, buyer: User) -> None:
    token = passwords.reset_link_token(buyer)
    page.goto(f"{live_server.url}/account/password/reset?token={token}")
    assert fits(page)
    page.get_by_role("button", name="Español").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("lang") == "es"
    assert token in unquote(page.url), "the link survives the change of language"
    page.get_by_role("button", name="English").click()
    page.get_by_label("New password", exact=True).fill("battery staple")
    page.get_by_label("New password, once more").fill("battery staple")
    page.get_by_role("button", name="Save the new password").click()
    page.wait_for_url("**/account/password/reset/done")
    assert token not in page.content()
    buyer.refresh_from_db()
    assert buyer.check_password("battery staple")


@pytest.mark.parametrize("path", ["/", "/account/password/forgot", "/account/email/verify?token=x", "/admin/login/"])
def test_pages_fit_and_work_without_scripts_of_their_own(live_server: Any, page: Page, path: str) -> None:
    page.goto(live_server.url + path)
    assert fits(page)


def test_every_admin_list_works_in_a_browser(
    live_server: Any, page: Page, administrator: User, make_person: Callable[..., User]
) -> None:
    make_person("seller")
    sign_in(page, live_server.url, "administrator")
    for name in ("accounts/user", "accounts/user/add", "accounts/personreport", "common/auditentry", "auth/group"):
        page.goto(f"{live_server.url}/admin/{name}/")
        page.wait_for_load_state()
        assert fits(page), name
