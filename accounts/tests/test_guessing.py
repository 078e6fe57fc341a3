"""Guessing passwords and fishing for accounts: T8 and T9."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import lockout, sign_in
from conftest import PASSWORD
from marketplace.common.models import OutboxEvent


def login(password: str, *, email: str = "buyer@uni.edu", address: str = "10.0.0.1") -> Any:
    return APIClient(REMOTE_ADDR=address).post("/v1/auth/login", {"email": email, "password": password})


@pytest.mark.django_db
def test_T8_known_and_unknown_addresses_get_the_same_reply(buyer: User) -> None:
    known, unknown = login("wrong", address="10.0.0.2"), login("wrong", email="nobody@uni.edu", address="10.0.0.3")

    strip = ("request_id",)
    assert known.status_code == unknown.status_code == 401
    assert {k: v for k, v in known.json().items() if k not in strip} == {
        k: v for k, v in unknown.json().items() if k not in strip
    }


@pytest.mark.django_db
def test_T8_known_and_unknown_addresses_hash_a_password_each(
    buyer: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The equal work is what makes the times equal; `faults/people.py` measures the times themselves."""
    settings.PASSWORD_HASHERS = ["accounts.hashers.MarketArgon2Hasher"]
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    sign_in._nobodys_password.cache_clear()
    buyer.set_password(PASSWORD)
    buyer.save()
    login("warm up", email="nobody@uni.edu")

    def cpu_seconds(email: str) -> float:
        started = time.thread_time()
        login("wrong", email=email)
        return time.thread_time() - started

    known = statistics.median(cpu_seconds("buyer@uni.edu") for _ in range(9))
    unknown = statistics.median(cpu_seconds("nobody@uni.edu") for _ in range(9))
    sign_in._nobodys_password.cache_clear()
    assert 0.5 < known / unknown < 2


@pytest.mark.django_db
def test_T8_a_reset_request_says_nothing_about_the_account(buyer: User) -> None:
    replies = [
        APIClient().post("/v1/auth/password/forgot", {"email": email}) for email in ("buyer@uni.edu", "nobody@uni.edu")
    ]

    assert [reply.status_code for reply in replies] == [202, 202]
    assert replies[0].content == replies[1].content
    assert OutboxEvent.objects.filter(kind="password.reset_requested").count() == 1


@pytest.mark.django_db
def test_T9_after_ten_wrong_passwords_the_account_is_locked_for_this_address(buyer: User) -> None:
    answers = [login("wrong") for _ in range(30)]

    assert [reply.status_code for reply in answers] == [401] * 10 + [429] * 20
    assert all(int(reply["Retry-After"]) > 0 for reply in answers[10:])
    assert login(PASSWORD).status_code == 429, "the right password too: the guesser must not learn it"
    assert login(PASSWORD, address="10.9.9.9").status_code == 200, "the owner elsewhere is not locked out"


@pytest.mark.django_db(transaction=True)
def test_T9_ten_at_once_are_counted_before_the_password_is_looked_at(make_person: Callable[..., User]) -> None:
    make_person("buyer")
    answers: list[int] = []
    barrier = threading.Barrier(10, timeout=20)

    def guess() -> None:
        connection.ensure_connection()
        barrier.wait()
        answers.extend(login("wrong").status_code for _ in range(3))
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [401] * 10 + [429] * 20


@pytest.mark.django_db
def test_T9_an_account_is_locked_against_many_addresses_together(buyer: User) -> None:
    answers = [login("wrong", address=f"10.1.{number}.1").status_code for number in range(60)]

    assert answers == [401] * 50 + [429] * 10


@pytest.mark.django_db
def test_T9_an_address_is_locked_over_many_accounts(settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "off"}
    answers = [login("wrong", email=f"p{number}@uni.edu").status_code for number in range(110)]

    assert answers == [401] * 100 + [429] * 10


@pytest.mark.django_db
def test_T9_a_locked_user_name_does_not_tell_which_address_belongs_to_it(buyer: User) -> None:
    for _ in range(12):
        login("wrong", email="buyer")

    assert login("wrong", email="buyer").status_code == 429
    assert login("wrong", email="buyer@uni.edu").status_code == 401
    assert login("wrong", email="nobody@uni.edu").status_code == 401


@pytest.mark.django_db
def test_T9_e_mail_and_user_name_share_the_accounts_window(buyer: User) -> None:
    for number in range(25):
        login("wrong", address=f"10.2.{number}.1")
        login("wrong", email="buyer", address=f"10.2.{number}.1")

    assert login(PASSWORD, address="10.3.0.1").status_code == 429


@pytest.mark.django_db
def test_T9_a_right_password_gives_its_place_back(buyer: User) -> None:
    for _ in range(4):
        login("wrong")
    for _ in range(30):
        assert login(PASSWORD).status_code == 200

    assert [login("wrong").status_code for _ in range(11)] == [401] * 10 + [429]


@pytest.mark.django_db
def test_T9_negative_control_counting_after_the_look_would_let_thirty_through(
    buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lockout, "begin_attempt", lambda **_: lockout.Attempt(()))

    assert [login("wrong").status_code for _ in range(30)] == [401] * 30


@pytest.mark.django_db
def test_password_and_token_reset_by_mail_ends_the_old_password_and_the_link(buyer: User) -> None:
    from accounts.services.passwords import reset_link_token

    token = reset_link_token(buyer)
    assert APIClient().post("/v1/auth/password/reset", {"token": token, "password": "new horse!"}).status_code == 200

    assert login(PASSWORD).status_code == 401
    assert login("new horse!").status_code == 200
    again = APIClient().post("/v1/auth/password/reset", {"token": token, "password": "third horse"})
    assert (again.status_code, again.json()["code"]) == (400, "bad_reset_token")
    for bad in (token[:-2] + "xx", "", "a:b:c", "x" * 400):
        reply = APIClient().post("/v1/auth/password/reset", {"token": bad, "password": "third horse"})
        assert reply.status_code in (400, 422)
    assert login("new horse!").status_code == 200


@pytest.mark.django_db
def test_an_address_is_verified_by_its_link_and_only_for_that_address(buyer: User, settings: Settings) -> None:
    from accounts.services.verification import verification_token

    settings.REQUIRE_EMAIL_VERIFICATION = True
    assert login(PASSWORD).status_code == 403
    stale = verification_token(buyer)
    User.objects.filter(pk=buyer.pk).update(email="new@uni.edu")
    buyer.refresh_from_db()

    refused = APIClient().post("/v1/auth/email/verify", {"token": stale})
    accepted = APIClient().post("/v1/auth/email/verify", {"token": verification_token(buyer)})

    assert (refused.status_code, accepted.status_code) == (400, 200)
    assert login(PASSWORD, email="new@uni.edu").status_code == 200
