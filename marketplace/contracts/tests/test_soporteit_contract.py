"""SoporteIT's people and messages, row by row. Signing in and one's own profile are shared with PoliMarket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import people, registration
from chat.models import Message, Room
from chat.services import changing, opening, sending
from chat.services.sending import Draft

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]


@pytest.fixture
def agent() -> User:
    return registration.register(username="agent", password="secret1", email="agent@uni.edu", role="admin")


@pytest.fixture
def client_a() -> User:
    return registration.register(username="clienta", password="secret1", name="Client A", role="user")


@pytest.fixture
def client_b() -> User:
    return registration.register(username="clientb", password="secret1", role="user")


def say(api: APIClient, content: str, **more: Any) -> Any:
    return api.post("/messages/send", {"content": content, **more})


def history(api: APIClient, query: str = "") -> list[Any]:
    reply = api.get(f"/messages/history{query}")
    assert reply.status_code == 200, reply.content
    found: list[Any] = reply.json()
    return found


# ── People ───────────────────────────────────────────────────────────────────────────────────────


def test_seed_users_admins_and_users_clients_list_by_role(
    signed_in: Api, agent: User, client_a: User, client_b: User, administrator: User, buyer: User
) -> None:
    """Newest first. Who came by another family has no role, an administrator of the market neither."""
    api = signed_in(client_a)
    admins, clients = api.get("/users/admins").json(), api.get("/users/clients").json()
    assert [row["id"] for row in admins] == [agent.number]
    assert [row["id"] for row in clients] == [client_b.number, client_a.number]
    me = clients[1]
    assert me.keys() == {"id", "username", "email", "full_name", "role", "is_active", "created_at"}
    assert (me["username"], me["full_name"], me["role"], me["is_active"]) == ("clienta", "Client A", "user", True)
    assert me["created_at"].endswith("Z")


@pytest.mark.parametrize("path", ["/users/admins", "/users/clients", "/messages/history"])
def test_ours_a_token_is_needed(anonymous: APIClient, path: str) -> None:
    for token in ({}, {"HTTP_AUTHORIZATION": "Bearer nonsense"}):
        anonymous.credentials(**token)
        reply = anonymous.get(path)
        assert (reply.status_code, reply["WWW-Authenticate"]) == (401, "Bearer")
        assert reply.json()["detail"] == "Could not validate credentials"


def test_an_address_is_shown_to_its_owner_only(signed_in: Api, agent: User, client_a: User) -> None:
    assert signed_in(agent).get("/users/admins").json()[0]["email"] == "agent@uni.edu"
    assert signed_in(client_a).get("/users/admins").json()[0]["email"] is None


def test_seed_a_role_is_a_fact_of_this_family_and_gives_no_power(signed_in: Api, agent: User) -> None:
    assert (agent.is_staff, agent.is_superuser) == (False, False)
    assert signed_in(agent).post("/v1/maintenance/cleanup/orphans").status_code == 403


def test_who_blocked_me_is_not_in_the_lists(signed_in: Api, agent: User, client_a: User) -> None:
    people.block(agent, client_a)
    assert signed_in(client_a).get("/users/admins").json() == []


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────


def test_seed_messages_send_to_everybody_by_leaving_the_receiver_out(
    signed_in: Api, agent: User, client_a: User, client_b: User
) -> None:
    reply = say(signed_in(agent), "printer is back")
    assert reply.status_code == 201
    said = reply.json()
    assert said.keys() == {"id", "sender_id", "receiver_id", "content", "created_at"}
    assert (said["sender_id"], said["receiver_id"], said["content"]) == (agent.number, None, "printer is back")
    assert datetime.fromisoformat(said["created_at"]).tzinfo is not None
    assert history(signed_in(client_a)) == history(signed_in(client_b)) == history(signed_in(agent)) == [said]
    null = say(signed_in(client_a), "thank you", receiver_id=None).json()
    assert null["receiver_id"] is None
    assert Room.objects.get().kind == Room.Kind.BROADCAST, "there is one room for everybody, and it stays the same"


def test_seed_messages_send_to_one_person(signed_in: Api, agent: User, client_a: User, client_b: User) -> None:
    asked = say(signed_in(client_a), "my screen is black", receiver_id=agent.number)
    answered = say(signed_in(agent), "is it on?", receiver_id=client_a.number)
    assert (asked.status_code, asked.json()["receiver_id"]) == (201, agent.number)
    assert answered.json()["receiver_id"] == client_a.number
    assert history(signed_in(client_a)) == [answered.json(), asked.json()] == history(signed_in(agent))
    assert Room.objects.get().kind == Room.Kind.DIRECT, "both directions are one room"


def test_ours_history_holds_nobody_elses_private_messages(
    signed_in: Api, agent: User, client_a: User, client_b: User
) -> None:
    """Neither those of two clients to a third person of the role `admin`, nor those of groups and listings."""
    say(signed_in(client_a), "private", receiver_id=client_b.number)
    assert history(signed_in(agent)) == []
    assert [row["content"] for row in history(signed_in(client_b))] == ["private"]


def test_seed_history_is_newest_first_and_backend_limit_is_1_to_200(
    signed_in: Api, agent: User, client_a: User, client_b: User
) -> None:
    mixed = [None, client_a.number, client_b.number, None, client_a.number]
    for index, receiver in enumerate(mixed):
        say(signed_in(agent), str(index), receiver_id=receiver)
    mine = signed_in(agent)
    assert [row["content"] for row in history(mine)] == ["4", "3", "2", "1", "0"]
    assert [row["content"] for row in history(mine, "?limit=2")] == ["4", "3"]
    assert [row["content"] for row in history(signed_in(client_a))] == ["4", "3", "1", "0"]
    for wrong in ("0", "201", "x"):
        assert mine.get(f"/messages/history?limit={wrong}").status_code == 422


@pytest.mark.parametrize("content", ["", "x" * 1001, None, 7.5])
def test_backend_content_has_1_to_1000_characters(signed_in: Api, agent: User, content: Any) -> None:
    reply = signed_in(agent).post("/messages/send", {"content": content})
    if content == 7.5:
        assert (reply.status_code, reply.json()["content"]) == (201, "7.5")
        return
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "content"]
    assert not Message.objects.exists()


def test_backend_a_receiver_who_is_not_there_is_a_404_with_its_words(signed_in: Api, agent: User, buyer: User) -> None:
    people.block(buyer, agent)
    for number in (987_654_321, buyer.number, -1):
        reply = say(signed_in(agent), "hello", receiver_id=number)
        assert (reply.status_code, reply.json()["detail"]) == (404, "Receiver not found")
    assert say(signed_in(agent), "hello", receiver_id="x").status_code == 422
    assert say(signed_in(agent), "hello me", receiver_id=agent.number).status_code == 400
    assert not Message.objects.exists()


def test_a_message_sent_again_with_its_key_is_one_message(signed_in: Api, agent: User) -> None:
    first, again = (
        signed_in(agent).post("/messages/send", {"content": "once"}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.json() == again.json()
    assert Message.objects.count() == 1


def test_what_was_taken_back_is_gone_and_other_clients_of_the_same_room_are_heard(
    signed_in: Api, agent: User, client_a: User
) -> None:
    """A room of two is the same for all families: what was said there on `/v1` stands here too."""
    room, _ = opening.between(agent, client_a)
    kept = sending.send(client_a, room.pk, Draft("from a phone"))
    gone = sending.send(client_a, room.pk, Draft("a slip"))
    changing.delete(client_a, gone.message_id, now=timezone.now())
    assert [(row["id"], row["receiver_id"]) for row in history(signed_in(agent))] == [(kept.number, agent.number)]


def test_history_takes_as_many_questions_for_many_messages_as_for_few(
    signed_in: Api, agent: User, client_a: User, django_assert_num_queries: Any
) -> None:
    api = signed_in(agent)
    say(api, "first")
    for index in range(5):
        say(api, str(index), receiver_id=client_a.number)
    with django_assert_num_queries(5):  # who asks, which messages, these, their files, who sits in the rooms of two
        assert len(history(api)) == 6
