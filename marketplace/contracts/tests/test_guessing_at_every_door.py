"""T8, T9 and the limit of registrations: another family's door is no way around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGINS = {
    "/v1/auth/login": "email",
    "/auth/login": "username",
    "/api/users/login": "username",
    "/api/auth/login": "username",
}
REGISTERS: dict[str, Callable[[str], dict[str, str]]] = {
    "/v1/auth/register": lambda name: {"email": f"{name}@uni.edu", "name": name, "password": PASSWORD},
    "/auth/register": lambda name: {"email": f"{name}@espol.edu.ec", "name": name, "password": PASSWORD},
    "/api/users/register": lambda name: {"username": name, "email": f"{name}@uni.edu", "password": PASSWORD},
    "/api/auth/signup": lambda name: {"username": name, "password": PASSWORD},
}


def login(door: str, name: str, password: str = "wrong", address: str = "10.0.0.1") -> Any:
    return APIClient(REMOTE_ADDR=address).post(door, {LOGINS[door]: name, "password": password})


@pytest.mark.parametrize("door", LOGINS)
def test_T9_a_door_locks_after_ten_wrong_passwords_and_all_others_with_it(door: str, buyer: User) -> None:
    replies = [login(door, "buyer@uni.edu") for _ in range(12)]

    assert [reply.status_code for reply in replies] == [401] * 10 + [429] * 2
    assert int(replies[-1]["Retry-After"]) > 0
    assert {login(each, "buyer@uni.edu", PASSWORD).status_code for each in LOGINS} == {429}
    assert login(door, "buyer@uni.edu", PASSWORD, address="10.9.9.9").status_code == 200


def test_T9_guesses_at_several_doors_are_counted_together(buyer: User) -> None:
    doors = [*LOGINS] * 4

    assert [login(door, "buyer@uni.edu").status_code for door in doors] == [401] * 10 + [429] * 6


@pytest.mark.parametrize("door", LOGINS)
def test_T8_who_is_not_here_is_refused_like_a_wrong_password(door: str, buyer: User) -> None:
    known, unknown = login(door, "buyer@uni.edu"), login(door, "nobody@uni.edu")

    assert known.status_code == unknown.status_code == 401
    assert known.json()["detail"] == unknown.json()["detail"]


def test_registrations_are_counted_over_all_doors_together(settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "register": "5/hour"}
    settings.CAMPUS_EMAIL_DOMAINS = []
    statuses = [
        APIClient().post(door, body(f"person{turn}{index}")).status_code
        for turn in range(2)
        for index, (door, body) in enumerate(REGISTERS.items())
    ]

    assert statuses == [201, 200, 201, 201, 201, 429, 429, 429]


def test_the_couriers_code_is_tried_ten_times_an_hour(
    signed_in: Callable[[User], APIClient], buyer: User, settings: Settings
) -> None:
    settings.DELIVERY_SECRET_CODE = "on two wheels"
    client = signed_in(buyer)
    codes = [*["a guess"] * 10, "on two wheels"]
    statuses = [client.post("/users/me/become-delivery", {"secret_code": code}).status_code for code in codes]

    assert statuses == [403] * 10 + [429], "the right one too: who guesses must not learn it"
    buyer.refresh_from_db()
    assert not buyer.is_delivery


def test_the_couriers_code_is_not_tried_by_many_people_of_one_address(
    signed_in: Callable[[User], APIClient], make_person: Callable[..., User], settings: Settings
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "courier_code_address": "3/hour"}
    clients = [signed_in(make_person(f"person{index}")) for index in range(5)]
    statuses = [client.post("/users/me/become-delivery", {"secret_code": "guess"}).status_code for client in clients]

    assert statuses == [403] * 3 + [429] * 2
