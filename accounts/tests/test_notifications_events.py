"""From what happened to what arrives: door, event, outbox, notification, delivery, phone and mailbox."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Notification, Surface, User
from accounts.notices.agents import described
from accounts.push.memory import MemoryPush
from accounts.services import people, sign_in
from accounts.tests.notices import deliver_events, let_time_come, phone_of, pushed_tokens, sweep
from conftest import PASSWORD
from marketplace.common.models import OutboxDelivery, OutboxEvent

SignedIn = Callable[..., APIClient]
NEW_PASSWORD = "another good one"
FIREFOX = "Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0"
pytestmark = pytest.mark.django_db(transaction=True)  # the outbox delivers what is committed


def bring_everything() -> None:
    deliver_events()
    sweep()


def kinds_told(person: User) -> list[str]:
    return sorted(Notification.objects.filter(user=person).values_list("kind", flat=True))


def token_in(letter: Any, path: str) -> str:
    links = re.findall(r"https?://\S+", letter.body)
    link = next(urlsplit(link) for link in links if urlsplit(link).path == path)
    return str(parse_qs(link.query)["token"][0])


def register(api: APIClient, **extra: str) -> User:
    body = {"name": "Ana Ruiz", "email": "ana@uni.edu", "password": PASSWORD, **extra}
    assert api.post("/v1/auth/register", body).status_code == 201
    person: User = User.objects.get(email="ana@uni.edu")
    return person


def test_a_new_person_is_welcomed_in_the_app_only(anonymous: APIClient, signed_in: SignedIn) -> None:
    person = register(anonymous)

    bring_everything()

    items = signed_in(person).get("/v1/notifications").json()["items"]
    assert [item["title"] for item in items] == ["Welcome to Campus Market, Ana Ruiz"]
    assert (mail.outbox, MemoryPush.sent) == ([], [])


def test_where_addresses_must_be_confirmed_the_letter_comes_unasked(anonymous: APIClient, settings: Settings) -> None:
    settings.REQUIRE_EMAIL_VERIFICATION = True
    person = register(anonymous)

    bring_everything()

    assert [letter.subject for letter in mail.outbox] == ["Confirm your e-mail address"]
    token = token_in(mail.outbox[0], "/account/email/verify")
    assert anonymous.post("/v1/auth/email/verify", {"token": token}).status_code == 200
    person.refresh_from_db()
    assert person.email_verified_at is not None


def test_a_new_address_is_confirmed_anew(buyer: User, signed_in: SignedIn, settings: Settings) -> None:
    settings.REQUIRE_EMAIL_VERIFICATION = True
    api = signed_in(buyer)
    api.patch("/v1/users/me", {"name": "Somebody Else"})
    api.patch("/v1/users/me", {"email": "new@uni.edu", "current_password": PASSWORD})

    bring_everything()

    assert sorted(letter.to[0] for letter in mail.outbox) == ["buyer@uni.edu", "new@uni.edu"]


@pytest.mark.parametrize("path", ["/v1/users/me", "/api/users/me"])
def test_an_address_that_is_only_sent_along_is_not_asked_for_again(
    buyer: User, signed_in: SignedIn, settings: Settings, path: str
) -> None:
    """A client that sends its whole form with every change must not become a way to fill somebody's mailbox."""
    settings.REQUIRE_EMAIL_VERIFICATION = True
    api = signed_in(buyer)
    change = api.patch if path.startswith("/v1") else api.put
    for number in range(3):
        sent = {"email": "buyer@uni.edu", "username": "buyer", "name": f"Ana {number}", "full_name": f"Ana {number}"}
        assert change(path, sent).status_code == 200

    bring_everything()

    assert [letter.to for letter in mail.outbox] == []
    assert {tuple(event.payload["fields"]) for event in OutboxEvent.objects.filter(kind="person.changed")} == {
        ("name",)
    }


def test_an_address_that_was_confirmed_meanwhile_gets_no_letter(anonymous: APIClient, buyer: User) -> None:
    anonymous.post("/v1/auth/email/request", {"email": buyer.email})
    deliver_events()
    User.objects.update(email_verified_at=timezone.now())

    sweep()

    assert mail.outbox == []


def test_a_sign_in_on_a_new_device_warns_everywhere(buyer: User, signed_in: SignedIn) -> None:
    phone_of(buyer, "old phone")
    body = {"email": buyer.email, "password": PASSWORD}
    for agent in ("the usual one", FIREFOX):
        assert APIClient(HTTP_USER_AGENT=agent).post("/v1/auth/login", body).status_code == 200

    bring_everything()

    told = Notification.objects.get(user=buyer)
    assert told.body.startswith("Device: Firefox, Android. Address: 127.0.0.1.")
    assert pushed_tokens() == ["old phone"]
    assert list(MemoryPush.sent[0][1].data) == ["session_id"]
    assert [letter.subject for letter in mail.outbox] == ["New sign-in to your account"]


def test_what_a_client_calls_itself_is_never_repeated_to_its_victim() -> None:
    assert described("call +1 555 0100 to unlock your account") == "-"
    assert described(FIREFOX) == "Firefox, Android"
    assert described("okhttp/5.1.0") == "Android"


def test_a_changed_password_is_confirmed_on_every_way(buyer: User, signed_in: SignedIn) -> None:
    phone_of(buyer)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert signed_in(buyer, HTTP_USER_AGENT="tests").post("/v1/auth/password/change", body).status_code == 200

    bring_everything()

    assert kinds_told(buyer) == ["account.password_changed"]
    assert [message.kind for _, message in MemoryPush.sent] == ["account.password_changed"]
    assert [letter.subject for letter in mail.outbox] == ["Your password was changed"]


def test_a_forgotten_password_is_replaced_with_the_link_from_the_letter(
    anonymous: APIClient, make_person: Callable[..., User]
) -> None:
    person = make_person("ana", language="es", email_verified_at=timezone.now())
    anonymous.post("/v1/auth/password/forgot", {"email": "ana@uni.edu"})

    bring_everything()

    letter = mail.outbox[0]
    assert letter.subject == "Elige una nueva contraseña"
    assert "Hola, Ana:" in letter.body
    body = {"token": token_in(letter, "/account/password/reset"), "password": NEW_PASSWORD}
    assert anonymous.post("/v1/auth/password/reset", body).status_code == 200
    person.refresh_from_db()
    assert person.check_password(NEW_PASSWORD)


def test_a_letter_to_an_unconfirmed_address_repeats_nothing_its_sender_made_up(
    anonymous: APIClient, settings: Settings
) -> None:
    settings.REQUIRE_EMAIL_VERIFICATION = True
    register(anonymous, name="You won! www.evil.example")

    bring_everything()

    assert "evil" not in str(mail.outbox[0].message())
    assert "Hello,\n" in mail.outbox[0].body


def test_the_token_of_a_reset_is_in_the_letter_and_nowhere_else(
    anonymous: APIClient, buyer: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent on the second try: what failed has been written down, too."""
    caplog.set_level(logging.DEBUG)
    letters: list[Any] = []

    def send(letter: Any, fail_silently: bool = False) -> int:
        letters.append(letter)
        if len(letters) == 1:
            raise ConnectionError(f"could not deliver {letter.body}")
        return 1

    monkeypatch.setattr("accounts.notices.letters.EmailMultiAlternatives.send", send)
    anonymous.post("/v1/auth/password/forgot", {"email": buyer.email})
    bring_everything()
    let_time_come()
    bring_everything()

    for letter in letters:
        secret = token_in(letter, "/account/password/reset")
        for part in (secret, *(piece for piece in secret.split(":") if len(piece) > 10)):
            assert part not in caplog.text
            assert part not in everything_stored()
    assert len(letters) == 2
    assert "delivery_failed" in caplog.text


def everything_stored() -> str:
    """Every row of every table, as text."""
    texts: list[str] = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{model._meta.db_table}" t')
            texts += [row[0] for row in cursor.fetchall()]
    return "\n".join(texts)


def test_a_disabled_person_is_told_by_letter(buyer: User) -> None:
    phone_of(buyer)
    people.disable(buyer, actor=None, reason="for moderators only", now=timezone.now())

    bring_everything()

    assert [letter.subject for letter in mail.outbox] == ["Your account has been disabled"]
    assert "for moderators only" not in mail.outbox[0].body
    assert MemoryPush.sent == []


def test_an_event_delivered_three_times_arrives_once(buyer: User) -> None:
    phone_of(buyer, "phone")
    phone_of(buyer, "tablet")
    sign_in.open_session(buyer, surface=Surface.CAMPUS, address="", user_agent="usual", now=timezone.now())
    sign_in.open_session(buyer, surface=Surface.CAMPUS, address="", user_agent="new", now=timezone.now())

    for _ in range(3):
        bring_everything()
        OutboxDelivery.objects.update(state="waiting", due_at="2020-01-01T00:00:00Z")

    assert kinds_told(buyer) == ["account.new_device"]
    assert sorted(pushed_tokens()) == ["phone", "tablet"]
    assert len(mail.outbox) == 1


def test_events_carry_ids_and_no_secrets(anonymous: APIClient, buyer: User) -> None:
    anonymous.post("/v1/auth/password/forgot", {"email": buyer.email})
    event = OutboxEvent.objects.get(kind="password.reset_requested")
    assert json.dumps(event.payload) == json.dumps({"user_id": str(buyer.pk)})


def test_the_former_address_is_told_that_it_no_longer_leads_here(buyer: User, signed_in: SignedIn) -> None:
    signed_in(buyer).patch("/v1/users/me", {"email": "new@uni.edu", "current_password": PASSWORD})

    bring_everything()

    assert [letter.to for letter in mail.outbox] == [["buyer@uni.edu"]]
    assert "changed" in mail.outbox[0].subject
