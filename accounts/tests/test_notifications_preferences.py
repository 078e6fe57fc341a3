"""How people want to be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Delivery, NotificationPreference, NotificationSettings, User
from accounts.notices import Kind
from accounts.tests.notices import phone_of, tell

SignedIn = Callable[..., APIClient]
PATH = "/v1/notifications/preferences"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]


def choice(kind: str = "test.note", *, in_app: bool = True, push: bool = True, email: bool = True) -> dict[str, Any]:
    return {"kind": kind, "in_app": in_app, "push": push, "email": email}


def preference(body: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in body["kinds"] if entry["kind"] == kind)
    return found


def test_every_kind_is_listed_with_its_defaults_and_what_is_mandatory(signed_in: SignedIn, buyer: User) -> None:
    body = signed_in(buyer).get(PATH).json()

    assert preference(body, "account.password_changed") == {
        "kind": "account.password_changed",
        "label": "Password changed",
        "in_app": True,
        "push": True,
        "email": True,
        "defaults": {"in_app": True, "push": True, "email": True},
        "mandatory": {"in_app": False, "push": False, "email": True},
    }
    assert preference(body, "account.welcome")["email"] is False
    assert body["quiet_hours"] == {"quiet_from": None, "quiet_until": None, "time_zone": "UTC"}


def test_labels_are_in_the_language_of_the_person(signed_in: SignedIn, make_person: Callable[..., User]) -> None:
    body = signed_in(make_person("ana", language="es")).get(PATH).json()
    assert preference(body, "account.password_changed")["label"] == "Contraseña cambiada"


def test_a_choice_holds_for_the_person_and_the_kind_only(signed_in: SignedIn, buyer: User, stranger: User) -> None:
    api = signed_in(buyer)

    body = api.put(PATH, {"kinds": [choice(push=False, email=False)]}).json()

    assert (preference(body, "test.note")["push"], preference(body, "test.note")["email"]) == (False, False)
    assert preference(body, "account.new_device")["push"] is True
    assert preference(signed_in(stranger).get(PATH).json(), "test.note")["push"] is True


def test_nothing_goes_where_it_is_not_wanted(signed_in: SignedIn, buyer: User) -> None:
    phone_of(buyer)
    signed_in(buyer).put(PATH, {"kinds": [choice(push=False)]})

    tell(buyer)

    assert [row.channel for row in Delivery.objects.all()] == ["email"]


def test_who_wants_nothing_gets_nothing(signed_in: SignedIn, buyer: User) -> None:
    signed_in(buyer).put(PATH, {"kinds": [choice(in_app=False, push=False, email=False)]})
    assert tell(buyer) == []


def test_a_mandatory_way_cannot_be_switched_off_and_nothing_else_of_the_request_holds(
    signed_in: SignedIn, buyer: User
) -> None:
    wanted = [choice(push=False), choice("account.password_changed", email=False)]

    reply = signed_in(buyer).put(PATH, {"kinds": wanted})

    assert (reply.status_code, reply.json()["code"]) == (409, "mandatory_channel")
    assert reply.json()["kind"] == "account.password_changed"
    assert not NotificationPreference.objects.exists()


def test_a_way_that_became_mandatory_later_is_used(buyer: User, note: Kind) -> None:
    NotificationPreference.objects.create(
        user=buyer, kind="account.password_changed", in_app=False, push=False, email=False
    )
    told = tell(buyer, kind="account.password_changed", data={})[0]
    assert told.in_app is False
    assert Delivery.objects.get().channel == "email"


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"kinds": [choice("test.unknown")]}, ["body", "kinds", 0, "kind"]),
        ({"kinds": [{"kind": "test.note"}]}, ["body", "kinds", 0, "in_app"]),
        ({"quiet_hours": {"quiet_from": "22:00", "quiet_until": None, "time_zone": "UTC"}}, ["body", "quiet_hours"]),
        ({"quiet_hours": {"quiet_from": "22:00", "quiet_until": "22:00", "time_zone": "UTC"}}, ["body", "quiet_hours"]),
        (
            {"quiet_hours": {"quiet_from": "22:00", "quiet_until": "07:00", "time_zone": "../../etc/passwd"}},
            ["body", "quiet_hours", "time_zone"],
        ),
        (
            {"quiet_hours": {"quiet_from": "25:00", "quiet_until": "07:00", "time_zone": "UTC"}},
            ["body", "quiet_hours", "quiet_from"],
        ),
    ],
)
def test_what_does_not_fit_is_a_422_and_changes_nothing(
    signed_in: SignedIn, buyer: User, body: dict[str, Any], loc: list[str | int]
) -> None:
    reply = signed_in(buyer).put(PATH, body)

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == loc
    assert not NotificationPreference.objects.exists()
    assert not NotificationSettings.objects.exists()


def test_quiet_hours_are_kept_until_they_are_switched_off(signed_in: SignedIn, buyer: User) -> None:
    api = signed_in(buyer)
    hours = {"quiet_from": "22:30:00", "quiet_until": "07:00:00", "time_zone": "America/Guayaquil"}

    assert api.put(PATH, {"quiet_hours": hours}).json()["quiet_hours"] == hours
    assert api.put(PATH, {"kinds": [choice()]}).json()["quiet_hours"] == hours
    off = {**hours, "quiet_from": None, "quiet_until": None}
    assert api.put(PATH, {"quiet_hours": off}).json()["quiet_hours"] == off


def test_choosing_again_changes_the_choice(signed_in: SignedIn, buyer: User) -> None:
    api = signed_in(buyer)
    api.put(PATH, {"kinds": [choice(push=False)]})

    body = api.put(PATH, {"kinds": [choice(email=False), choice(in_app=False)]}).json()

    assert preference(body, "test.note") | choice(in_app=False) == preference(body, "test.note")
    assert NotificationPreference.objects.count() == 1


def test_preferences_take_the_same_queries_however_many_were_chosen(
    signed_in: SignedIn, buyer: User, django_assert_num_queries: Any
) -> None:
    api = signed_in(buyer)
    for body in ({}, {"kinds": [choice(push=False), choice("account.new_device", push=False)]}):
        api.put(PATH, body)
        with django_assert_num_queries(3):  # the token, the choices, the quiet hours
            api.get(PATH)
