"""The campus contract, §0 and §1, row by row, through HTTP."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import pair_for
from conftest import PASSWORD, session_of

pytestmark = pytest.mark.django_db

ANA = {"name": "Ana R", "email": "ana@uni.edu", "password": "Passw0rd", "campus": "North"}


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def test_1_1_register_answers_201_with_the_user_object(anonymous: APIClient) -> None:
    reply = anonymous.post("/v1/auth/register", ANA)

    assert reply.status_code == 201
    body = reply.json()
    assert str(UUID(body["id"])) == body["id"]
    assert (body["name"], body["email"], body["campus"]) == ("Ana R", "ana@uni.edu", "North")
    assert body["last_login_at"] is None
    assert body["created_at"].endswith("Z")
    assert datetime.fromisoformat(body["created_at"]).tzinfo is not None
    assert "password" not in body


def test_1_1_campus_may_be_missing_null_or_empty(anonymous: APIClient) -> None:
    variants: tuple[dict[str, Any], ...] = ({}, {"campus": None}, {"campus": ""})
    for number, campus in enumerate(variants):
        body = {"name": "Ana", "email": f"ana{number}@uni.edu", "password": "Passw0rd", **campus}
        reply = anonymous.post("/v1/auth/register", body)
        assert (reply.status_code, reply.json()["campus"]) == (201, None)


def test_1_1_a_known_address_in_any_case_is_a_400_with_the_words_kotlin_looks_for(anonymous: APIClient) -> None:
    anonymous.post("/v1/auth/register", ANA)

    reply = anonymous.post("/v1/auth/register", {**ANA, "email": "ANA@Uni.Edu"})

    assert reply.status_code == 400
    assert reply.json()["detail"] == "email already registered"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("name", "A", "string_too_short"),
        ("name", "", "string_too_short"),
        ("name", "A" * 121, "string_too_long"),
        ("password", "short", "string_too_short"),
        ("password", "", "string_too_short"),
        ("password", "x" * 129, "string_too_long"),
        ("campus", "c" * 121, "string_too_long"),
        ("email", "nobody", "value_error"),
        ("email", "", "string_too_short"),
        ("name", None, "none_not_allowed"),
        ("name", ["a"], "string_type"),
    ],
)
def test_1_1_what_does_not_fit_is_a_422_in_fastapis_shape(
    anonymous: APIClient, field: str, value: Any, kind: str
) -> None:
    reply = anonymous.post("/v1/auth/register", {**ANA, field: value})

    assert reply.status_code == 422
    (problem,) = reply.json()["detail"]
    assert problem["type"] == kind
    assert problem["loc"] == ["body", field]
    assert isinstance(problem["msg"], str)
    assert "input" in problem
    assert not User.objects.exists()


def test_1_1_a_missing_field_is_named_and_every_problem_is_listed(anonymous: APIClient) -> None:
    problems = anonymous.post("/v1/auth/register", {}).json()["detail"]

    assert {(p["type"], p["loc"][-1], p["msg"]) for p in problems} == {
        ("missing", name, "Field required") for name in ("name", "email", "password")
    }


def test_a_422_never_repeats_a_password(anonymous: APIClient) -> None:
    reply = anonymous.post("/v1/auth/register", {**ANA, "password": "hunter2"})

    assert b"hunter2" not in reply.content


def test_unknown_fields_are_ignored(anonymous: APIClient) -> None:
    reply = anonymous.post("/v1/auth/register", {**ANA, "is_staff": True, "scope": "x", "id": 7})

    assert reply.status_code == 201
    assert not User.objects.get().is_staff


def test_1_2_login_answers_a_pair_of_tokens_and_sets_last_login(anonymous: APIClient, buyer: User) -> None:
    reply = anonymous.post("/v1/auth/login", {"email": "Buyer@uni.edu", "password": PASSWORD})

    assert reply.status_code == 200
    assert set(reply.json()) == {"access_token", "refresh_token", "token_type"}
    assert reply.json()["token_type"] == "bearer"
    buyer.refresh_from_db()
    assert buyer.last_login is not None


def test_1_2_wrong_credentials_are_a_401_in_the_contracts_words(anonymous: APIClient, buyer: User) -> None:
    for email in ("buyer@uni.edu", "nobody@uni.edu"):
        reply = anonymous.post("/v1/auth/login", {"email": email, "password": "wrong-one"})
        assert (reply.status_code, reply.json()["detail"]) == (401, "Invalid credentials")


def test_1_2_tokens_live_as_long_as_the_settings_say_and_hold_only_ascii(anonymous: APIClient, buyer: User) -> None:
    pair = anonymous.post("/v1/auth/login", {"email": "buyer@uni.edu", "password": PASSWORD}).json()
    access, refresh = claims_of(pair["access_token"]), claims_of(pair["refresh_token"])

    assert access["exp"] - access["iat"] == 30 * 60
    assert refresh["exp"] - refresh["iat"] == 30 * 24 * 3600
    assert (access["typ"], refresh["typ"]) == ("access", "refresh")
    assert access["sub"] == refresh["sub"] == str(buyer.pk)
    payload = pair["access_token"].split(".")[1]
    assert re.fullmatch(r"[A-Za-z0-9]+", payload), "a browser's atob must be able to read it"


def test_1_3_refresh_answers_both_tokens_and_both_work(anonymous: APIClient, buyer: User) -> None:
    pair = anonymous.post("/v1/auth/login", {"email": "buyer@uni.edu", "password": PASSWORD}).json()

    fresh = anonymous.post("/v1/auth/refresh", {"refresh_token": pair["refresh_token"]})

    assert fresh.status_code == 200
    assert set(fresh.json()) == {"access_token", "refresh_token", "token_type"}
    assert fresh.json()["refresh_token"] != pair["refresh_token"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {fresh.json()['access_token']}")
    assert anonymous.get("/v1/auth/me").status_code == 200


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 4000, "é.é.é"])
def test_1_3_a_bad_refresh_token_is_a_401_or_422_and_never_more(anonymous: APIClient, token: str) -> None:
    reply = anonymous.post("/v1/auth/refresh", {"refresh_token": token})

    assert reply.status_code == (422 if token == "" else 401)
    if reply.status_code == 401:
        assert reply.json()["detail"] == "Invalid refresh token"


def test_1_4_me_is_the_user_object(signed_in: Callable[..., APIClient], buyer: User) -> None:
    body = signed_in(buyer).get("/v1/auth/me").json()

    assert {"id", "name", "email", "campus", "created_at", "last_login_at"} <= set(body)
    assert body["id"] == str(buyer.pk)


def test_0_the_three_texts_of_a_401(anonymous: APIClient, signed_in: Callable[..., APIClient], buyer: User) -> None:
    assert anonymous.get("/v1/auth/me").json()["detail"] == "Not authenticated"
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    assert anonymous.get("/v1/auth/me").json()["detail"] == "Invalid or expired token"
    client = signed_in(buyer)
    buyer.delete()
    reply = client.get("/v1/auth/me")
    assert (reply.status_code, reply.json()["detail"]) == (401, "User not found")
    assert reply["WWW-Authenticate"] == "Bearer"


def test_0_an_expired_access_token_is_a_401(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)
    with time_machine.travel(datetime.now().astimezone() + timedelta(minutes=31)):
        assert client.get("/v1/auth/me").status_code == 401


def test_0_no_trailing_slash_and_no_redirect(anonymous: APIClient) -> None:
    assert anonymous.post("/v1/auth/login/", {}).status_code == 404
    assert anonymous.get("/v1/auth/me").status_code == 401


def test_0_the_scheme_word_is_read_in_any_case(buyer: User) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"bearer {pair_for(session_of(buyer)).access}")
    assert client.get("/v1/auth/me").status_code == 200


def test_0_rate_limit_headers_are_on_every_reply(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)
    first, second = client.get("/v1/auth/me"), client.get("/v1/auth/me")

    assert first["X-RateLimit-Limit"] == "120"
    assert int(first["X-RateLimit-Remaining"]) == int(second["X-RateLimit-Remaining"]) + 1 == 119


def test_12_logout_ends_this_session_and_no_other(signed_in: Callable[..., APIClient], buyer: User) -> None:
    phone, laptop = signed_in(buyer), signed_in(buyer)

    assert phone.post("/v1/auth/logout").status_code == 200

    assert phone.get("/v1/auth/me").status_code == 401
    assert laptop.get("/v1/auth/me").status_code == 200
    assert laptop.post("/v1/auth/logout", {"everywhere": True}).status_code == 200
    assert laptop.get("/v1/auth/me").status_code == 401


def test_12_a_person_changes_their_name_and_campus(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)

    reply = client.patch("/v1/users/me", {"name": "Bea", "campus": None})

    assert reply.status_code == 200
    assert (reply.json()["name"], reply.json()["campus"]) == ("Bea", None)
    assert client.get("/v1/users/me").json() == reply.json()


def test_12_others_are_seen_without_their_address(
    signed_in: Callable[..., APIClient], buyer: User, seller: User
) -> None:
    client = signed_in(buyer)

    by_id = client.get(f"/v1/users/{seller.pk}")
    by_email = client.get("/v1/users/by-email", {"email": "SELLER@uni.edu"})

    assert (
        by_id.json()
        == by_email.json()
        == {
            "id": str(seller.pk),
            "username": "seller",
            "name": "Seller",
            "picture": None,
        }
    )
    assert client.get(f"/v1/users/{buyer.pk}").json()["email"] == "buyer@uni.edu"


def test_12_unknown_people_are_a_404(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)

    for path in ("/v1/users/00000000-0000-7000-8000-000000000000", "/v1/users/by-email?email=no@uni.edu"):
        reply = client.get(path)
        assert (reply.status_code, reply.json()["detail"]) == (404, "User not found")
    assert client.get("/v1/users/17").status_code == 404
