"""The campus contract, §5 and what stands about chats beyond it, row by row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Member, Message, Room
from chat.services import sending
from chat.services.sending import Draft
from listings.models import Listing
from marketplace.common.ids import uuid7

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]


def say(user: User, room: Room, *texts: str) -> list[sending.Sent]:
    return [sending.send(user, room.pk, Draft(text)) for text in texts]


# ── POST /v1/chats ───────────────────────────────────────────────────────────────────────────────


def test_5_post_chats_opens_one_and_then_answers_with_it(signed_in: Api, buyer: User, listing: Listing) -> None:
    first, again = (signed_in(buyer).post("/v1/chats", {"listing_id": listing.pk}, format="json") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.data["id"] == again.data["id"]
    assert str(first.data["listing_id"]) == str(listing.pk)
    assert first.json()["created_at"].endswith("Z")
    assert Room.objects.count() == 1


def test_5_post_chats_for_a_listing_that_is_not_there(signed_in: Api, buyer: User) -> None:
    answer = signed_in(buyer).post("/v1/chats", {"listing_id": str(uuid7())}, format="json")
    assert (answer.status_code, answer.json()["detail"]) == (404, "Listing not found")


def test_5_post_chats_with_oneself(signed_in: Api, seller: User, listing: Listing) -> None:
    answer = signed_in(seller).post("/v1/chats", {"listing_id": str(listing.pk)}, format="json")
    assert (answer.status_code, answer.json()["detail"]) == (400, "Cannot open chat with yourself")
    assert not Room.objects.exists()


# ── POST /v1/messages ────────────────────────────────────────────────────────────────────────────


def test_5_post_messages(signed_in: Api, buyer: User, room: Room) -> None:
    body = {"chat_id": str(room.pk), "message_type": "text", "content": "¿Sigue disponible?"}
    answer = signed_in(buyer).post("/v1/messages", body, format="json")
    said = answer.json()
    assert answer.status_code == 201
    assert said["chat_id"] == str(room.pk)
    assert said["sender_id"] == str(buyer.pk)
    assert (said["message_type"], said["content"]) == ("text", "¿Sigue disponible?")
    assert said["created_at"].endswith("Z")
    assert "email" not in str(said)
    assert said == signed_in(buyer).get(f"/v1/messages/{said['id']}").json()


def test_5_post_messages_the_type_is_text_when_it_is_not_said(signed_in: Api, buyer: User, room: Room) -> None:
    answer = signed_in(buyer).post("/v1/messages", {"chat_id": str(room.pk), "content": "hola"}, format="json")
    assert answer.json()["message_type"] == "text"


@pytest.mark.parametrize("kind", ["image", "location"])
def test_5_post_messages_of_the_kinds_that_flutter_sends(signed_in: Api, buyer: User, room: Room, kind: str) -> None:
    body = {"chat_id": str(room.pk), "message_type": kind, "content": "x", "latitude": 4.6, "longitude": -74.1}
    answer = signed_in(buyer).post("/v1/messages", body, format="json")
    assert (answer.status_code, answer.json()["message_type"]) == (201, kind)
    assert answer.json()["facts"] == {"latitude": 4.6, "longitude": -74.1}
    assert answer.json() == signed_in(buyer).get(f"/v1/messages/{answer.json()['id']}").json()


def test_5_post_messages_nobody_speaks_for_the_product(signed_in: Api, buyer: User, room: Room) -> None:
    body = {"chat_id": str(room.pk), "message_type": "system", "content": "Paid."}
    assert signed_in(buyer).post("/v1/messages", body, format="json").status_code == 422
    assert not Message.objects.exists()


def test_5_post_messages_is_at_most_8000_characters(signed_in: Api, buyer: User, room: Room) -> None:
    client = signed_in(buyer)
    for length, status in ((8_000, 201), (8_001, 422)):
        body = {"chat_id": str(room.pk), "content": "ñ" * length}
        assert client.post("/v1/messages", body, format="json").status_code == status


@pytest.mark.parametrize("content", ["", None])
def test_5_post_messages_says_something(signed_in: Api, buyer: User, room: Room, content: str | None) -> None:
    answer = signed_in(buyer).post("/v1/messages", {"chat_id": str(room.pk), "content": content}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "empty_message")


def test_5_post_messages_who_is_not_in_the_chat(signed_in: Api, stranger: User, room: Room) -> None:
    for chat_id in (room.pk, uuid7()):
        answer = signed_in(stranger).post("/v1/messages", {"chat_id": str(chat_id), "content": "hola"}, format="json")
        assert (answer.status_code, answer.json()["detail"]) == (403, "Not in chat")
    assert not Message.objects.exists()


def test_5_post_messages_when_nobody_is_left(signed_in: Api, buyer: User, seller: User, room: Room) -> None:
    User.objects.filter(pk=seller.pk).update(is_active=False)
    answer = signed_in(buyer).post("/v1/messages", {"chat_id": str(room.pk), "content": "hola"}, format="json")
    assert (answer.status_code, answer.json()["detail"]) == (400, "No recipient found")


def test_5_post_messages_again_with_its_client_id_or_key(signed_in: Api, buyer: User, room: Room) -> None:
    body = {"chat_id": str(room.pk), "content": "hola", "client_id": "a-phone-1"}
    first, again = (signed_in(buyer).post("/v1/messages", body, format="json") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    del body["client_id"]
    keyed = [
        signed_in(buyer).post("/v1/messages", body, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert [each.status_code for each in keyed] == [201, 201]
    assert keyed[0].json() == keyed[1].json()
    assert Message.objects.count() == 2


# ── Beyond: GET /v1/chats and its parts ──────────────────────────────────────────────────────────


def test_11_get_chat(signed_in: Api, buyer: User, stranger: User, room: Room) -> None:
    assert signed_in(buyer).get(f"/v1/chats/{room.pk}").json()["id"] == str(room.pk)
    for user, chat_id in ((stranger, room.pk), (buyer, uuid7())):
        answer = signed_in(user).get(f"/v1/chats/{chat_id}")
        assert (answer.status_code, answer.json()["detail"]) == (404, "Chat not found")


def test_12_get_chats_is_a_bare_list_with_its_participants(
    signed_in: Api, buyer: User, seller: User, room: Room
) -> None:
    shown = signed_in(buyer).get("/v1/chats").json()
    assert isinstance(shown, list)
    people = {(each["chat_id"], each["user_id"], each["role"]) for each in shown[0]["participants"]}
    assert people == {(str(room.pk), str(buyer.pk), "buyer"), (str(room.pk), str(seller.pk), "seller")}
    assert all(each["joined_at"].endswith("Z") for each in shown[0]["participants"])


def test_12_get_chats_of_one_listing(signed_in: Api, buyer: User, listing: Listing, room: Room) -> None:
    client = signed_in(buyer)
    assert len(client.get(f"/v1/chats?listing_id={listing.pk}").json()) == 1
    assert client.get(f"/v1/chats?listing_id={uuid7()}").json() == []
    assert client.get("/v1/chats?limit=1&offset=1").json() == []


def test_12_delete_chat_puts_it_away_until_something_is_said(
    signed_in: Api, buyer: User, seller: User, stranger: User, room: Room
) -> None:
    say(seller, room, "hola")
    assert signed_in(stranger).delete(f"/v1/chats/{room.pk}").status_code == 404
    assert signed_in(buyer).delete(f"/v1/chats/{room.pk}").status_code == 204
    assert signed_in(buyer).get("/v1/chats").json() == []
    assert len(signed_in(seller).get("/v1/chats").json()) == 1
    say(seller, room, "¿sigues ahí?")
    assert len(signed_in(buyer).get("/v1/chats").json()) == 1


def test_12_get_messages_newest_first(signed_in: Api, buyer: User, room: Room) -> None:
    sent = say(buyer, room, "uno", "dos", "tres")
    page = signed_in(buyer).get(f"/v1/messages?chat_id={room.pk}&limit=2").json()
    assert [each["content"] for each in page["items"]] == ["tres", "dos"]
    assert {name: page[name] for name in ("total", "limit", "offset", "has_more")} == {
        "total": 3,
        "limit": 2,
        "offset": 0,
        "has_more": True,
    }
    rest = signed_in(buyer).get(f"/v1/messages?chat_id={room.pk}&offset=2").json()
    assert ([each["content"] for each in rest["items"]], rest["has_more"]) == (["uno"], False)
    before = signed_in(buyer).get(f"/v1/messages?chat_id={room.pk}&before_message_id={sent[1].message_id}").json()
    assert [each["content"] for each in before["items"]] == ["uno"]
    after = signed_in(buyer).get(f"/v1/messages?chat_id={room.pk}&after_seq=1").json()
    assert [each["content"] for each in after["items"]] == ["dos", "tres"]


def test_12_get_messages_of_others(signed_in: Api, stranger: User, room: Room) -> None:
    answer = signed_in(stranger).get(f"/v1/messages?chat_id={room.pk}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "Chat not found")


def test_12_mark_read_and_unread_count(signed_in: Api, buyer: User, seller: User, room: Room) -> None:
    first = say(seller, room, "uno", "dos", "tres")[0]
    say(buyer, room, "mío")
    client = signed_in(buyer)
    assert client.get("/v1/messages/unread-count").json() == {"count": 3, "by_chat": {str(room.pk): 3}}
    body = {"chat_id": str(room.pk), "last_message_id": str(first.message_id)}
    answer = client.post("/v1/messages/mark-read", body, format="json")
    assert answer.json() == {"chat_id": str(room.pk), "last_read_seq": 1, "unread_count": 2}
    assert client.get("/v1/messages/unread-count").json()["count"] == 2
    assert signed_in(seller).get("/v1/messages/unread-count").json()["count"] == 1


def test_12_mark_read_never_goes_back_nor_beyond_what_was_said(
    signed_in: Api, buyer: User, seller: User, room: Room
) -> None:
    say(seller, room, "uno", "dos")
    client = signed_in(buyer)
    for seq, mark in ((2, 2), (1, 2), (99, 2)):
        answer = client.post("/v1/messages/mark-read", {"chat_id": str(room.pk), "seq": seq}, format="json")
        assert answer.json()["last_read_seq"] == mark
    assert Member.objects.get(user=buyer).last_read_seq == 2


def test_12_mark_read_of_others(signed_in: Api, stranger: User, seller: User, room: Room) -> None:
    sent = say(seller, room, "uno")[0]
    for body in ({"seq": 1}, {"last_message_id": str(sent.message_id)}, {}):
        answer = signed_in(stranger).post("/v1/messages/mark-read", {"chat_id": str(room.pk), **body}, format="json")
        assert answer.status_code == 404
    assert not Member.objects.filter(user=stranger).exists()


def test_lists_ask_a_fixed_number_of_questions(
    signed_in: Api,
    buyer: User,
    seller: User,
    make_listing: Callable[..., Listing],
    django_assert_max_num_queries: object,
) -> None:
    from chat.services import opening

    rooms = [opening.about_listing(buyer, make_listing(title=f"Mouse {n}").pk)[0] for n in range(4)]
    for room in rooms:
        say(seller, room, "uno", "dos")
    client = signed_in(buyer)
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        assert len(client.get("/v1/chats").json()) == 4
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        assert len(client.get(f"/v1/messages?chat_id={rooms[0].pk}").json()["items"]) == 2
