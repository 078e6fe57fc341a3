"""What these clients see of who is asking is never older than what that person did last."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_what_one_has_changed_of_oneself_is_there_at_the_next_look(
    signed_in: Callable[..., APIClient], buyer: User
) -> None:
    client = signed_in(buyer)
    for number, name in enumerate(("Ana", "Ana María")):
        client.get("/chats/my")  # a door that remembers for some seconds who is asking
        client.put("/users/me", {"name": name}) if number else client.put("/api/users/me", {"full_name": name})

        assert client.get("/auth/me").json()["name"] == name
        assert client.get("/users/me").json()["name"] == name
        assert client.get("/api/users/me").json()["full_name"] == name
    client.put("/api/users/me", {"username": "anita"})
    assert client.get("/api/auth/me").json()["username"] == "anita"


def test_who_has_just_become_a_courier_sees_what_is_to_be_brought(
    signed_in: Callable[..., APIClient], buyer: User, settings: Settings
) -> None:
    settings.DELIVERY_SECRET_CODE = "on two wheels"
    client = signed_in(buyer)
    assert client.get("/delivery/orders").status_code == 403

    client.post("/users/me/become-delivery", {"secret_code": "on two wheels"})

    assert client.get("/delivery/orders").status_code == 200
