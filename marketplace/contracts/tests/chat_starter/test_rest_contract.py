"""Chat starter over HTTP, row by row; the guide's Swift code as the bytes that it sends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import demo as people
from chat import demo
from chat.models import Room
from chat.services import groups, sending
from chat.services.sending import Draft
from chat.tests.desk import Desk
from conftest import PASSWORD
from marketplace.contracts.tests.clients import claims

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def swift_post(path: str, body: dict[str, str]) -> Any:
    """`JSONSerialization.data(withJSONObject:)`: its own order, slashes escaped."""
    return APIClient().generic("POST", path, json.dumps(body).replace("/", "\\/"), content_type="application/json")


# ── Signing in ───────────────────────────────────────────────────────────────────────────────────


def test_seed_signup_and_login_as_the_guide_shows_them() -> None:
    """No e-mail. `registerUser`, then `login`, which decodes `access_token` and `token_type`."""
    body = {"username": "testuser", "password": "password123"}
    made = swift_post("/api/auth/signup", body)
    assert made.status_code == 201
    assert made.json().keys() == {"id", "username", "created_at"}
    assert made.json()["username"] == "testuser"
    reply = swift_post("/api/auth/login", body)
    assert (reply.status_code, reply.json()["token_type"]) == (200, "bearer")
    assert reply.json().keys() == {"access_token", "token_type"}
    me = APIClient().get("/api/auth/me", headers={"Authorization": f"Bearer {reply.json()['access_token']}"})
    assert (me.status_code, me.json()) == (200, made.json())
    assert User.objects.get(username="testuser").email is None


def test_seed_a_token_lives_1440_minutes(buyer: User) -> None:
    body = {"username": "buyer", "password": PASSWORD}
    read = claims(swift_post("/api/auth/login", body).json()["access_token"])
    assert read["exp"] - read["iat"] == 1440 * 60


def test_ours_a_taken_name_is_a_400_without_regard_to_case(buyer: User) -> None:
    reply = swift_post("/api/auth/signup", {"username": "Buyer", "password": "password123"})
    assert (reply.status_code, reply.json()["detail"]) == (400, "Username already taken")


@pytest.mark.parametrize(
    "body", [{"username": "a@b"}, {"username": "ana", "password": "12345"}, {"password": "123456"}]
)
def test_ours_what_does_not_fit_is_a_422(body: dict[str, str]) -> None:
    reply = swift_post("/api/auth/signup", {"password": "password123", **body})
    assert reply.status_code == 422
    assert reply.json()["detail"][0].keys() >= {"type", "loc", "msg"}


def test_ours_a_wrong_password_is_a_401(buyer: User) -> None:
    assert swift_post("/api/auth/login", {"username": "buyer", "password": "wrong"}).status_code == 401


@pytest.mark.parametrize("path", ["/api/auth/me", "/api/rooms", "/api/rooms/1", "/api/messages/1"])
def test_seed_everything_else_needs_a_bearer_token(anonymous: APIClient, path: str) -> None:
    assert anonymous.get(path).status_code == 401
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer x.y.z")
    assert anonymous.get(path).status_code == 401


# ── Sample data ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("username", "password"), [("admin", "admin123"), ("user1", "password123"), ("user2", "password123")]
)
def test_seed_the_sample_people_find_the_sample_rooms(username: str, password: str) -> None:
    people.ensure_people(is_local=True)
    demo.build()
    token = swift_post("/api/auth/login", {"username": username, "password": password}).json()["access_token"]
    rooms = APIClient().get("/api/rooms", headers={"Authorization": f"Bearer {token}"}).json()
    assert [room["name"] for room in rooms] == ["Tech Talk", "Random", "General"]


# ── Rooms ────────────────────────────────────────────────────────────────────────────────────────


def test_seed_rooms_without_a_slash_are_all_public_ones_and_ones_own(
    swift: Api, buyer: User, stranger: User, general: Room, secret: Room
) -> None:
    """Swift's `ChatRoom` wants `id: Int`, `name: String`, `created_at: String` and ignores the rest."""
    mine, theirs = swift(buyer).get("/api/rooms"), swift(stranger).get("/api/rooms")
    assert mine.status_code == theirs.status_code == 200
    assert [room["name"] for room in mine.json()] == ["Secret", "General"]
    assert [room["name"] for room in theirs.json()] == ["General"]
    for room in mine.json():
        assert (type(room["id"]), type(room["name"]), type(room["created_at"])) == (int, str, str)


def test_seed_a_room_is_made_with_a_name_alone_and_found_by_its_number(swift: Api, buyer: User, stranger: User) -> None:
    made = swift(buyer).post("/api/rooms", {"name": "My New Room"})
    assert (made.status_code, made.json()["name"], made.json()["is_private"]) == (201, "My New Room", False)
    assert made.json()["owner"]["username"] == "buyer"
    number = made.json()["id"]
    assert swift(stranger).get(f"/api/rooms/{number}").json() == made.json()
    assert swift(buyer).post("/api/rooms", {}).status_code == 422


def test_ours_a_room_that_is_not_there_or_not_yours_is_a_404(swift: Api, stranger: User, secret: Room) -> None:
    for number in (secret.number, 987_654_321, 10**30):
        for path in (f"/api/rooms/{number}", f"/api/messages/{number}", f"/api/messages/{number}/recent"):
            reply = swift(stranger).get(path)
            assert (reply.status_code, reply.json()["detail"]) == (404, "Room not found"), path


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def talked(general: Room, buyer: User) -> Room:
    groups.join(buyer, general.pk)
    for index in range(4):
        sending.send(buyer, general.pk, Draft(str(index)))
    return general


def test_seed_history_oldest_first_in_the_shape_of_a_chat_message(swift: Api, stranger: User, talked: Room) -> None:
    """Swift's `ChatMessage` can decode each of them."""
    rows = swift(stranger).get(f"/api/messages/{talked.number}").json()
    assert [row["message"] for row in rows] == ["0", "1", "2", "3"]
    for row in rows:
        assert row.keys() == {"id", "type", "room_id", "sender", "message", "timestamp"}
        assert (row["type"], row["room_id"], row["sender"]) == ("message", talked.number, "buyer")
        assert TIMESTAMP.fullmatch(row["timestamp"]), "UTC to the second, as the guide writes it"
    earlier = swift(stranger).get(f"/api/messages/{talked.number}?skip=1&limit=2").json()
    assert [row["message"] for row in earlier] == ["1", "2"]


def test_seed_recent_messages_are_the_last_ones_oldest_first(swift: Api, stranger: User, talked: Room) -> None:
    recent = f"/api/messages/{talked.number}/recent"
    assert [row["message"] for row in swift(stranger).get(f"{recent}?limit=2").json()] == ["2", "3"]
    assert len(swift(stranger).get(recent).json()) == 4
    for wrong in ("0", "201", "x"):
        assert swift(stranger).get(f"{recent}?limit={wrong}").status_code == 422


def test_a_message_with_only_a_file_shows_its_name(swift: Api, stranger: User, general: Room, local_desk: Desk) -> None:
    owner = general.owner
    assert owner is not None
    local_desk.message(owner, general, local_desk.confirmed(owner, name="apuntes.pdf"))
    assert swift(stranger).get(f"/api/messages/{general.number}").json()[0]["message"] == "apuntes.pdf"


def test_history_takes_as_many_questions_for_many_messages_as_for_few(
    swift: Api, buyer: User, talked: Room, django_assert_num_queries: Any
) -> None:
    api = swift(buyer)
    with django_assert_num_queries(7):  # who asks, the room, their standing, messages with three things of each
        api.get(f"/api/messages/{talked.number}")


# ── The rest of the guide ────────────────────────────────────────────────────────────────────────


def test_seed_health_docs_and_the_page_to_test_it(anonymous: APIClient) -> None:
    assert anonymous.get("/health").json()["status"] == "healthy"
    assert anonymous.get("/docs").status_code == 200
    assert "<html" in anonymous.get("/test").content.decode()
