"""IzpoChat's rooms and messages over HTTP, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Member, Message, Room
from chat.services import changing, groups, sending
from chat.services.sending import Draft
from chat.tests.desk import Desk

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]
ROOM = {"id", "name", "description", "is_private", "owner_id", "created_at", "updated_at", "owner", "members"}
MESSAGE = {"id", "content", "room_id", "sender_id", "file_id", "created_at", "sender", "room", "file"}


def of(room: Room, rest: str = "") -> str:
    return f"/api/rooms/{room.number}{rest}"


# ── Rooms ────────────────────────────────────────────────────────────────────────────────────────


def test_seed_public_rooms_are_listed_without_a_token_newest_first(
    anonymous: APIClient, buyer: User, general: Room, secret: Room
) -> None:
    """The Angular client sends none here on purpose, and shows `owner.username` and `members.length` of each."""
    groups.join(buyer, general.pk)
    newer = groups.create(buyer, name="Random", description="Anything")
    reply = anonymous.get("/api/rooms/?skip=0&limit=100")
    assert reply.status_code == 200
    assert [room["name"] for room in reply.json()] == ["Random", "General"]
    for room in reply.json():
        assert room.keys() == ROOM
        assert room["owner_id"] == room["owner"]["id"]
        assert room["owner"]["username"]
    first, last = reply.json()
    assert (first["id"], first["description"], first["is_private"]) == (newer.number, "Anything", False)
    assert [one["username"] for one in last["members"]] == ["admin", "buyer"]
    assert [room["name"] for room in anonymous.get("/api/rooms/?skip=1&limit=1").json()] == ["General"]
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer spent")
    assert anonymous.get("/api/rooms/").status_code == 401, "a bad token is never a quiet anonymous"


def test_nobody_reads_an_address_in_a_list(anonymous: APIClient, angular: Api, buyer: User, general: Room) -> None:
    groups.join(buyer, general.pk)
    for reply in (anonymous.get("/api/rooms/"), angular(buyer).get(of(general, "/members"))):
        assert b"@uni.edu" not in reply.content


def test_seed_the_list_takes_as_many_questions_for_many_rooms_as_for_few(
    anonymous: APIClient, make_person: Callable[..., User], django_assert_num_queries: Any
) -> None:
    for index in range(4):
        owner = make_person(f"owner{index}")
        for _ in range(3):
            groups.create(owner, name="Room")
    with django_assert_num_queries(2):  # the rooms with their owners, and their members
        assert len(anonymous.get("/api/rooms/").json()) == 12


def test_seed_who_makes_a_room_owns_it_and_is_its_first_member(angular: Api, buyer: User) -> None:
    """`is_public` of the Postman collection is ignored, `is_private` is null after a reset of the Angular form."""
    body = {"name": "Robots", "description": None, "is_private": None, "is_public": True}
    made = angular(buyer).post("/api/rooms/", body)
    assert made.status_code == 201
    room = made.json()
    assert room.keys() == ROOM
    assert (room["name"], room["description"], room["is_private"]) == ("Robots", None, False)
    assert [one["id"] for one in room["members"]] == [buyer.number] == [room["owner_id"]]
    assert angular(buyer).get(f"/api/rooms/{room['id']}").json() == room
    for wrong in ({}, {"name": ""}, {"name": "x", "is_private": "perhaps"}):
        assert angular(buyer).post("/api/rooms/", wrong).status_code == 422


def test_seed_a_room_is_made_once_however_often_it_is_asked_for_with_its_key(angular: Api, buyer: User) -> None:
    made = [
        angular(buyer).post("/api/rooms/", {"name": "Robots"}, headers={"Idempotency-Key": "k"}).json()["id"]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert Room.objects.count() == 1


def test_seed_a_room_that_is_not_there_or_not_yours_is_a_404(angular: Api, stranger: User, secret: Room) -> None:
    for number in (secret.number, 987_654_321, 10**30):
        for method, rest in (("get", ""), ("put", ""), ("post", "/join"), ("post", "/leave"), ("get", "/members")):
            reply = getattr(angular(stranger), method)(f"/api/rooms/{number}{rest}", {})
            assert (reply.status_code, reply.json()["detail"]) == (404, "Room not found"), rest
        for method in ("get", "post"):
            reply = getattr(angular(stranger), method)(f"/api/rooms/{number}/messages", {"content": "x"})
            assert reply.status_code == 404


def test_seed_a_slash_decides_and_nothing_redirects(anonymous: APIClient, angular: Api, buyer: User) -> None:
    assert anonymous.get("/api/rooms/").status_code == 200
    assert anonymous.get("/api/rooms").status_code == 401, "without a slash it is the list of Chat starter"
    assert angular(buyer).get("/api/uploads").status_code == 404


def test_put_is_for_who_leads_the_room(angular: Api, buyer: User, stranger: User, general: Room) -> None:
    owner, changed = general.owner, {"name": "Lounge", "description": "All of it"}
    assert owner is not None
    groups.join(buyer, general.pk)
    assert [angular(who).put(of(general), changed).status_code for who in (buyer, stranger)] == [403, 403]
    reply = angular(owner).put(of(general), changed)
    assert (reply.status_code, reply.json()["name"], reply.json()["description"]) == (200, "Lounge", "All of it")
    assert angular(owner).put(of(general), {}).json()["name"] == "Lounge"


# ── Coming and going ─────────────────────────────────────────────────────────────────────────────


def test_seed_join_and_leave_answer_in_spanish_and_joining_twice_is_joining(
    angular: Api, buyer: User, general: Room
) -> None:
    bodies: tuple[Any, ...] = ({}, None)
    for body in bodies:
        joined = angular(buyer).post(of(general, "/join"), body)
        assert joined.status_code == 200
        assert joined.json() == {"message": "Te has unido a la sala exitosamente", "room_id": general.number}
    assert [one["username"] for one in angular(buyer).get(of(general)).json()["members"]] == ["admin", "buyer"]
    left = angular(buyer).post(of(general, "/leave"), {})
    assert left.json() == {"message": "Has salido de la sala exitosamente", "room_id": general.number}
    assert [one["username"] for one in angular(buyer).get(of(general)).json()["members"]] == ["admin"]


def test_backend_who_is_not_in_it_and_who_owns_it_cannot_leave(angular: Api, buyer: User, general: Room) -> None:
    assert general.owner is not None
    outside, owner = (angular(who).post(of(general, "/leave")) for who in (buyer, general.owner))
    assert (outside.status_code, outside.json()["detail"]) == (400, "You are not a member of this room")
    assert (owner.status_code, owner.json()["detail"]) == (400, "The owner cannot leave the room")


def test_ours_a_private_room_is_joined_by_invitation(
    angular: Api, buyer: User, seller: User, stranger: User, secret: Room
) -> None:
    """`solo por invitación`, as the Angular client has it."""
    assert angular(stranger).post(of(secret, "/join")).status_code == 404
    assert angular(stranger).post(of(secret, "/members"), {"username": "stranger"}).status_code == 404
    for body in ({"username": "seller"}, {"user_id": seller.number}):
        assert angular(buyer).post(of(secret, "/members"), body).status_code == 201
    assert angular(buyer).post(of(secret, "/members"), {"username": "nobody"}).status_code == 404
    assert angular(seller).get(of(secret)).status_code == 200
    assert angular(seller).post(of(secret, "/join")).status_code == 200
    assert [one["username"] for one in angular(buyer).get(of(secret, "/members")).json()] == ["buyer", "seller"]


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────


def test_seed_messages_are_newest_first_in_a_bare_list(angular: Api, buyer: User, general: Room) -> None:
    """The Angular client calls `.reverse()`; it reads `sender.username` and compares `sender_id`."""
    groups.join(buyer, general.pk)
    for index in range(4):
        sending.send(buyer, general.pk, Draft(str(index)))
    rows = angular(buyer).get(of(general, "/messages?skip=0&limit=50")).json()
    assert [row["content"] for row in rows] == ["3", "2", "1", "0"]
    for row in rows:
        assert row.keys() == MESSAGE
        assert (row["sender_id"], row["sender"]["username"]) == (buyer.number, "buyer")
        assert (row["room_id"], row["room"]["id"], row["file_id"], row["file"]) == (general.number,) * 2 + (None, None)
    assert [row["content"] for row in angular(buyer).get(of(general, "/messages?skip=1&limit=2")).json()] == ["2", "1"]


def test_seed_a_message_is_sent_with_or_without_the_room_in_its_body(angular: Api, buyer: User, general: Room) -> None:
    """The guide sends `room_id`, the Angular client does not. Who speaks in a public room is in it by that."""
    api = angular(buyer)
    bodies: list[dict[str, Any]] = [{"content": "one", "room_id": general.number}, {"content": "two"}]
    for body in bodies:
        said = api.post(of(general, "/messages"), body)
        assert said.status_code == 201
        assert said.json().keys() == MESSAGE
        assert said.json()["content"] == body["content"]
    assert Member.objects.filter(user=buyer, room=general, state=Member.State.ACTIVE).exists()
    other = api.post(of(general, "/messages"), {"content": "three", "room_id": general.number + 1})
    assert other.status_code == 400
    for empty in ({}, {"content": ""}, {"content": None}):
        assert api.post(of(general, "/messages"), empty).status_code == 400
    assert Message.objects.count() == 2


def test_angular_falls_back_to_a_bare_text_as_the_body(angular: Api, buyer: User, general: Room) -> None:
    reply = angular(buyer).generic("POST", of(general, "/messages"), '"hola"', content_type="application/json")
    assert (reply.status_code, reply.json()["content"]) == (201, "hola")


def test_seed_a_message_carries_a_file_of_ones_own(
    angular: Api, buyer: User, seller: User, general: Room, local_desk: Desk
) -> None:
    mine, theirs = local_desk.confirmed(buyer, name="apuntes.pdf"), local_desk.confirmed(seller)
    said = angular(buyer).post(of(general, "/messages"), {"content": "", "file_id": mine.number})
    assert (said.status_code, said.json()["file_id"], said.json()["content"]) == (201, mine.number, "")
    file = said.json()["file"]
    assert file["original_filename"] == "apuntes.pdf"
    assert angular(seller).get(of(general, "/messages")).json()[0]["file"] == file
    stolen = angular(buyer).post(of(general, "/messages"), {"content": "x", "file_id": theirs.number})
    assert (stolen.status_code, stolen.json()["detail"]) == (404, "File not found")


def test_what_was_taken_back_is_not_listed_and_the_banned_read_nothing(
    angular: Api, buyer: User, general: Room
) -> None:
    groups.join(buyer, general.pk)
    kept, gone = (sending.send(buyer, general.pk, Draft(text)) for text in ("kept", "gone"))
    changing.delete(buyer, gone.message_id, now=timezone.now())
    assert [row["id"] for row in angular(buyer).get(of(general, "/messages")).json()] == [kept.number]
    groups.remove(general.owner, general.pk, buyer.pk, for_good=True)  # type: ignore[arg-type]  # a group has one
    assert angular(buyer).get(of(general, "/messages")).status_code == 404


def test_the_list_takes_as_many_questions_for_many_messages_as_for_few(
    angular: Api, buyer: User, general: Room, local_desk: Desk, django_assert_num_queries: Any
) -> None:
    api = angular(buyer)
    groups.join(buyer, general.pk)
    for _ in range(4):
        local_desk.message(buyer, general, local_desk.confirmed(buyer), text="x")
    with django_assert_num_queries(7):  # who asks, the room, their standing, messages with three things of each
        assert len(api.get(of(general, "/messages")).json()) == 4
