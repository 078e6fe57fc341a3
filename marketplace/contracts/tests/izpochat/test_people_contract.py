"""IzpoChat's people, row by row: registering, signing in, and what the Angular client reads in its token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Surface, User
from accounts.services import people
from accounts.tokens import pair_for
from chat.models import Room
from chat.services import groups
from chat.tests.desk import Desk
from conftest import PASSWORD, session_of
from marketplace.contracts.tests.clients import claims

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]
BODY = {"username": "ana_ruiz-1", "email": "Ana@Uni.edu", "password": "secret", "full_name": "Ana Ruiz"}
USER = {"id", "username", "email", "full_name", "is_active", "created_at", "updated_at"}


def register(**changed: Any) -> Any:
    body = {name: value for name, value in {**BODY, **changed}.items() if value is not ...}
    return APIClient().post("/api/users/register", body)


def login(**body: Any) -> Any:
    return APIClient().post("/api/users/login", body)


# ── Registering and signing in ───────────────────────────────────────────────────────────────────


def test_seed_register_login_and_me() -> None:
    made = register()
    assert made.status_code == 201
    assert made.json().keys() == USER
    token = login(username="ana_ruiz-1", password="secret")
    assert (token.status_code, token.json().keys()) == (200, {"access_token", "token_type"})
    assert token.json()["token_type"] == "bearer"
    me = APIClient().get("/api/users/me", headers={"Authorization": f"Bearer {token.json()['access_token']}"})
    assert (me.status_code, me.json()) == (200, made.json())
    facts = me.json()
    assert (facts["username"], facts["email"], facts["full_name"]) == ("ana_ruiz-1", "ana@uni.edu", "Ana Ruiz")
    assert facts["is_active"] is True
    assert type(facts["id"]) is int
    assert facts["created_at"].endswith("Z")


@pytest.mark.parametrize("full_name", [..., None, ""])
def test_angular_leaves_a_blank_full_name_out(full_name: Any) -> None:
    made = register(full_name=full_name)
    assert (made.status_code, made.json()["full_name"]) == (201, None)


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"username": "other"}, "Email already registered"),
        ({"username": "other", "email": "ANA@uni.edu"}, "Email already registered"),
        ({"email": "other@uni.edu"}, "Username already taken"),
        ({"username": "Ana_Ruiz-1", "email": "other@uni.edu"}, "Username already taken"),
    ],
)
def test_angular_finds_out_by_these_words_what_is_taken(changed: dict[str, str], detail: str) -> None:
    register()
    reply = register(**changed)
    assert (reply.status_code, reply.json()["detail"]) == (400, detail)


@pytest.mark.parametrize("username", ["abc", "_x_", "-ab-", "A" * 50])
def test_angular_lets_through_3_to_50_letters_digits_and_dashes(username: str) -> None:
    assert register(username=username, password="sixsix").status_code == 201


@pytest.mark.parametrize(
    "changed", [{"email": "no address"}, {"password": "12345"}, {"username": ...}, {"username": "a@b"}, {"email": ...}]
)
def test_angular_what_does_not_fit_is_a_422(changed: dict[str, Any]) -> None:
    reply = register(**changed)
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", next(iter(changed))]


def test_backend_a_wrong_password_is_a_401_and_an_inactive_account_a_400(buyer: User) -> None:
    wrong, nobody = login(username="buyer", password="wrong"), login(username="nobody", password=PASSWORD)
    for reply in (wrong, nobody):
        assert (reply.status_code, reply.json()["detail"]) == (401, "Incorrect username or password")
    people.disable(buyer, actor=None, reason="spam", now=timezone.now())
    right = login(username="buyer", password=PASSWORD)
    assert (right.status_code, right.json()["detail"]) == (400, "Inactive user")
    assert login(username="buyer", password="wrong").status_code == 401


# ── The token ────────────────────────────────────────────────────────────────────────────────────


def test_angular_decodes_the_token_with_atob_and_seed_it_lives_30_minutes(buyer: User) -> None:
    """`JSON.parse(atob(token.split('.')[1]))`, then `exp` as a number; whatever fails signs out."""
    for name in ("buyer", "buyer@uni.edu"):
        read = claims(login(username=name, password=PASSWORD).json()["access_token"])
        assert type(read["exp"]) is int
        assert read["exp"] - read["iat"] == 30 * 60


@pytest.mark.parametrize("surface", Surface)
def test_angular_can_decode_every_token_there_is(buyer: User, surface: Surface) -> None:
    """Only `>`, `?`, `~` and DEL of ASCII could bring in a `-` or `_`, and no claim has one."""
    token = pair_for(session_of(buyer, surface=surface)).access
    read = claims(token)
    assert all(str(value).isascii() and not set(str(value)) & set(">?~\x7f") for value in read.values())


@pytest.mark.parametrize("path", ["/api/users/me", "/api/users/me/rooms", "/api/users/", "/api/rooms/1"])
def test_ours_a_missing_or_spent_token_is_a_401(anonymous: APIClient, path: str) -> None:
    """At which the Angular client signs out."""
    assert anonymous.get(path).status_code == 401
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer spent")
    assert anonymous.get(path).status_code == 401


# ── Profiles ─────────────────────────────────────────────────────────────────────────────────────


def test_put_me_changes_what_is_given(angular: Api, buyer: User) -> None:
    api = angular(buyer)
    reply = api.put("/api/users/me", {"full_name": "The Buyer", "username": "buyer2", "is_active": False})
    assert reply.status_code == 200
    facts = reply.json()
    assert (facts["full_name"], facts["username"], facts["email"]) == ("The Buyer", "buyer2", "buyer@uni.edu")
    assert facts["is_active"] is True, "accounts are not closed by a field"
    assert api.put("/api/users/me", {}).json()["username"] == "buyer2"


def test_a_new_address_needs_the_password_as_everywhere(angular: Api, buyer: User, seller: User) -> None:
    api = angular(buyer)
    assert api.put("/api/users/me", {"email": "new@uni.edu"}).status_code == 400
    taken = api.put("/api/users/me", {"email": "seller@uni.edu", "current_password": PASSWORD})
    assert (taken.status_code, taken.json()["detail"]) == (400, "Email already registered")
    moved = api.put("/api/users/me", {"email": "new@uni.edu", "current_password": PASSWORD})
    assert (moved.status_code, moved.json()["email"]) == (200, "new@uni.edu")


def test_people_are_found_and_their_address_is_theirs(angular: Api, buyer: User, seller: User) -> None:
    api = angular(buyer)
    wanted = {"id": seller.number, "username": "seller", "full_name": "Seller", "email": None}
    assert api.get(f"/api/users/{seller.number}").json() == wanted
    assert api.get("/api/users/username/Seller").json() == wanted
    assert [row["username"] for row in api.get("/api/users/?skip=0&limit=1").json()] == ["seller"]
    assert [row["username"] for row in api.get("/api/users?skip=1&limit=5").json()] == ["buyer"]
    for path in ("/api/users/987654321", "/api/users/username/nobody"):
        reply = api.get(path)
        assert (reply.status_code, reply.json()["detail"]) == (404, "User not found")


def test_angular_asks_for_my_rooms_on_every_visit(angular: Api, buyer: User, general: Room, secret: Room) -> None:
    api = angular(buyer)
    assert [room["name"] for room in api.get("/api/users/me/rooms").json()] == ["Secret"]
    groups.join(buyer, general.pk)
    assert [room["name"] for room in api.get("/api/users/me/rooms").json()] == ["Secret", "General"]


def test_my_files_are_mine_newest_first(angular: Api, buyer: User, seller: User, local_desk: Desk) -> None:
    for owner, name in ((buyer, "a.pdf"), (buyer, "b.pdf"), (seller, "c.pdf")):
        local_desk.confirmed(owner, name=name)
    for path in ("/api/users/me/files", "/api/uploads/"):
        assert [row["original_filename"] for row in angular(buyer).get(path).json()] == ["b.pdf", "a.pdf"]
