"""The pages that e-mails lead to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import passwords, verification
from marketplace.common.models import OutboxEvent

FORGOT, RESET, VERIFY = "/account/password/forgot", "/account/password/reset", "/account/email/verify"
NEW = "battery staple"
pytestmark = pytest.mark.django_db


def asked_for() -> list[str]:
    return list(OutboxEvent.objects.filter(kind="password.reset_requested").values_list("payload__user_id", flat=True))


def test_forgetting_a_password_asks_for_a_letter(client: Client, buyer: User) -> None:
    assert client.get(FORGOT).status_code == 200
    answer = client.post(FORGOT, {"email": " Buyer@UNI.edu "}, follow=True)
    assert "Look into your mailbox" in answer.content.decode()
    assert asked_for() == [str(buyer.pk)]


def test_T8_an_unknown_address_gets_the_same_page(client: Client, buyer: User) -> None:
    known, unknown = (client.post(FORGOT, {"email": f"{name}@uni.edu"}) for name in ("buyer", "nobody"))
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(asked_for()) == 1


@pytest.mark.parametrize("email", ["", "nonsense", "a@b", "x" * 300 + "@uni.edu", "a\x00@uni.edu"])
def test_what_is_no_address_is_said_kindly(client: Client, email: str) -> None:
    answer = client.post(FORGOT, {"email": email})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert asked_for() == []


def test_a_link_sets_a_new_password_once(client: Client, signed_in: Callable[..., APIClient], buyer: User) -> None:
    phone, token = signed_in(buyer), passwords.reset_link_token(buyer)
    page = client.get(RESET, {"token": token})
    assert token in page.content.decode()
    posted = {"token": token, "password": NEW, "again": NEW}
    assert "Your new password is set" in client.post(RESET, posted, follow=True).content.decode()
    buyer.refresh_from_db()
    assert buyer.check_password(NEW)
    assert phone.get("/v1/auth/me").status_code == 401
    used = client.post(RESET, {**posted, "password": "third time", "again": "third time"})
    assert used.status_code == 400
    assert "no longer works" in used.content.decode()
    buyer.refresh_from_db()
    assert buyer.check_password(NEW)


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "at least 8"),
        (NEW, "battery stable", "not the same"),
        ("", "", "required"),
        ("x" * 129,) * 2 + ("128",),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    client: Client, buyer: User, password: str, again: str, said: str
) -> None:
    token = passwords.reset_link_token(buyer)
    answer = client.post(RESET, {"token": token, "password": password, "again": again})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert token in answer.content.decode(), "the form can be sent again"
    old = buyer.password
    buyer.refresh_from_db()
    assert buyer.password == old


@pytest.mark.parametrize("token", ["", "abc", "a:b:c", "\ud7ff", "%00", "x" * 9000])
def test_broken_links_are_refused_kindly(client: Client, token: str) -> None:
    for path in (RESET, VERIFY):
        answer = client.post(path, {"token": token, "password": NEW, "again": NEW})
        assert answer.status_code == 400
        assert "no longer works" in answer.content.decode()
    assert client.get(RESET, {"token": token}).status_code == 400


def test_opening_the_link_verifies_nothing_pressing_the_button_does(client: Client, buyer: User) -> None:
    token = verification.verification_token(buyer)
    for method in (client.get, client.head):
        assert method(VERIFY, {"token": token}).status_code == 200
        buyer.refresh_from_db()
        assert buyer.email_verified_at is None
    assert "confirmed" in client.post(VERIFY, {"token": token}, follow=True).content.decode()
    buyer.refresh_from_db()
    assert buyer.email_verified_at is not None


def test_a_link_for_an_address_one_no_longer_has_is_refused(client: Client, buyer: User) -> None:
    token = verification.verification_token(buyer)
    User.objects.filter(pk=buyer.pk).update(email="other@uni.edu")
    assert client.post(VERIFY, {"token": token}).status_code == 400
    buyer.refresh_from_db()
    assert buyer.email_verified_at is None


def test_forms_need_their_own_page(buyer: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(RESET, {"token": passwords.reset_link_token(buyer), "password": NEW, "again": NEW})
    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/html")
    old = buyer.password
    buyer.refresh_from_db()
    assert buyer.password == old


def test_T43_a_token_is_told_to_nobody_and_kept_nowhere(client: Client, buyer: User) -> None:
    for path, token in ((RESET, passwords.reset_link_token(buyer)), (VERIFY, verification.verification_token(buyer))):
        answer = client.get(path, {"token": token})
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer["Cache-Control"]
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe-eval" not in answer["Content-Security-Policy"]
        assert "http://" not in answer.content.decode(), "nothing is loaded from elsewhere"
        assert "<script" not in answer.content.decode()


def test_letters_are_rationed_per_caller_and_per_address(client: Client, settings: Settings, buyer: User) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "password_mail": "2/hour"}
    for _ in range(2):
        assert client.post(FORGOT, {"email": "nobody@uni.edu"}).status_code == 302
    refused = client.post(FORGOT, {"email": "nobody2@uni.edu"})
    assert (refused.status_code, refused["Content-Type"].split(";")[0]) == (429, "text/html")
    assert int(refused["Retry-After"]) > 0
    elsewhere = client.post(FORGOT, {"email": "nobody@uni.edu"}, REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 429, "this mailbox has had its share, whoever asks"
    assert client.post(FORGOT, {"email": "buyer@uni.edu"}, REMOTE_ADDR="192.0.2.9").status_code == 302


@pytest.mark.parametrize("path", [RESET, VERIFY])
def test_guessing_tokens_is_limited(client: Client, settings: Settings, path: str) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "3/minute"}
    answers = [client.post(path, {"token": "guess"}).status_code for _ in range(5)]
    assert answers == [400, 400, 400, 429, 429]


def test_the_language_is_the_browsers_until_one_is_chosen(client: Client, buyer: User) -> None:
    token = passwords.reset_link_token(buyer)
    assert '<html lang="es">' in client.get(RESET, {"token": token}, HTTP_ACCEPT_LANGUAGE="es-EC,es").content.decode()
    assert '<html lang="en">' in client.get(RESET, {"token": token}, HTTP_ACCEPT_LANGUAGE="fr").content.decode()
    here = f"{RESET}?token={token}"
    answer = client.post("/account/language", {"language": "es", "next": here})
    assert answer["Location"] == here
    assert '<html lang="es">' in client.get(here, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    away = client.post("/account/language", {"language": "es", "next": "https://evil.example/"})
    assert "evil" not in away["Location"]


def test_a_missing_page_is_a_page(client: Client) -> None:
    answer = client.get("/account/nothing")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_the_front_page_leads_only_where_something_is(client: Client) -> None:
    answer = client.get("/", HTTP_ACCEPT="text/html")
    text = answer.content.decode()
    links = {part.split('"')[0] for part in text.split('href="')[1:]}
    pages = {link for link in links if link.startswith("/") and not link.startswith("/assets/")}
    assert {"/docs", "/redoc", "/openapi.json", "/health", "/admin/", FORGOT} <= pages
    assert all(client.get(link, follow=True).status_code == 200 for link in pages), pages
