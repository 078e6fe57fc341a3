"""Who may register, and under which name: T7, and two at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import registration

BODY = {"name": "Ana Ruíz", "password": "Passw0rd"}


def register(email: str) -> Any:
    return APIClient().post("/v1/auth/register", {**BODY, "email": email})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    [
        "a@uni.edu.evil.com",
        "a@evil.com@uni.edu",
        "a@uni.edu\n",
        "a\n@uni.edu",
        "a@uni.edu\x00",
        '"a@evil.com"@uni.edu',
        "a@\uff55\uff4e\uff49.edu",
        "a@sub.uni.edu",
        "a@uni.edu.",
        "a@.uni.edu",
        "a@un\u0131.edu",
        "a@evil.com#@uni.edu.evil.com",
        "a@xuni.edu",
    ],
)
def test_T7_addresses_that_only_look_like_the_campus_are_refused(email: str, settings: Settings) -> None:
    settings.CAMPUS_EMAIL_DOMAINS = ["uni.edu"]

    assert register(email).status_code in (400, 422)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_T7_the_campus_in_capitals_is_the_campus_and_stored_small(settings: Settings) -> None:
    settings.CAMPUS_EMAIL_DOMAINS = ["uni.edu"]

    assert register("Ana@UNI.EDU").status_code == 201
    assert User.objects.get().email == "ana@uni.edu"


@pytest.mark.django_db
def test_T7_a_foreign_address_is_told_why(settings: Settings) -> None:
    settings.CAMPUS_EMAIL_DOMAINS = ["uni.edu"]

    reply = register("ana@gmail.com")

    assert (reply.status_code, reply.json()["code"]) == (400, "not_a_campus_address")


@pytest.mark.django_db
def test_no_domain_rule_means_everybody(settings: Settings) -> None:
    settings.CAMPUS_EMAIL_DOMAINS = []

    assert register("ana@gmail.com").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_T7_two_at_once_for_one_address_in_two_spellings_make_one_account() -> None:
    for number in range(5):
        answers: list[int] = []
        barrier = threading.Barrier(2, timeout=20)

        def ask(email: str, answers: list[int] = answers, barrier: threading.Barrier = barrier) -> None:
            connection.ensure_connection()
            barrier.wait()
            answers.append(register(email).status_code)
            connection.close()

        threads = [
            threading.Thread(target=ask, args=(email,)) for email in (f"A{number}@uni.edu", f"a{number}@uni.edu")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [201, 400]
    assert User.objects.count() == 5


@pytest.mark.django_db
def test_a_user_name_is_derived_and_never_holds_an_at_sign() -> None:
    first = registration.register(email="ana.ruiz@uni.edu", name="Ana Ruíz", password="Passw0rd")
    second = registration.register(email="ana.ruiz@other.edu", name="Ana Ruíz", password="Passw0rd")
    unnamed = registration.register(email="---@uni.edu", name="***", password="Passw0rd")

    assert first.username == "ana.ruiz"
    assert second.username.startswith("ana.ruiz")
    assert second.username != first.username
    assert unnamed.username.startswith("person")


@pytest.mark.django_db
def test_a_taken_user_name_is_refused_in_any_case() -> None:
    registration.register(username="Neo", name="", password="Passw0rd")

    with pytest.raises(registration.UsernameTaken):
        registration.register(username="neo", name="", password="Passw0rd")
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_people_have_a_uuid_and_a_number_that_grow_with_time() -> None:
    people = [registration.register(username=f"p{n}", password="Passw0rd") for n in range(3)]

    assert [p.number for p in people] == sorted({p.number for p in people})
    assert [p.pk for p in people] == sorted(p.pk for p in people)
    bulk = User.objects.bulk_create([User(username="b1"), User(username="b2")])
    assert len({p.number for p in bulk}) == 2


@pytest.mark.django_db
def test_the_password_is_argon2id_at_19_mib(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["accounts.hashers.MarketArgon2Hasher"]

    person = registration.register(username="neo", password="Passw0rd")

    assert person.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert person.check_password("Passw0rd")
