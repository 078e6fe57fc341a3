"""One room before the eyes of several families at once: the same messages, in the same order, in each one's words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Message, Room
from chat.services import groups, opening, sending
from chat.services.sending import Draft
from chat.tests.desk import Desk
from chat.tests.sockets import in_thread, run, signed_in, token_of
from listings.models import Listing
from marketplace.contracts.tests.clients import Ear, bearer, listening

EACH = 8


def texts_of(ear: Ear, field: str) -> list[str]:
    return [shown[field] for shown in ear.heard if shown["type"] == "message"]


async def hear_all(ear: Ear, field: str, many: int) -> list[str]:
    while len(texts_of(ear, field)) < many:
        await ear.until("message")
    return texts_of(ear, field)


def test_one_room_on_three_sockets_is_one_talk(
    address: str, other_address: str, buyer: User, seller: User, stranger: User, general: Room
) -> None:
    """All write at once, one of them through another server process; everybody sees one order, the log's."""
    for person in (buyer, seller, stranger):
        groups.join(person, general.pk)
    angular_token, swift_token = bearer(buyer, "/api/users/login"), bearer(seller, "/api/auth/login")
    product_token = token_of(stranger)
    total = 3 * EACH

    async def talk() -> None:
        async with (
            listening(address, f"/api/ws/{general.number}", angular_token) as angular,
            listening(other_address, f"/ws/chat/{general.number}", swift_token) as swift,
            signed_in(address, product_token) as product,
        ):
            await angular.until("users_online")
            start = (await product.follow(general.pk, since=3))["last_seq"]
            await swift.say(type="message", content="ready")
            await asyncio.gather(angular.until("message"), swift.until("message"), product.reach(general.pk, start + 1))

            async def write_all(say: Callable[[int], Any]) -> None:
                for index in range(EACH):
                    await say(index)

            await asyncio.gather(
                write_all(lambda n: angular.say(type="message", content=f"angular {n}")),
                write_all(lambda n: swift.connection.send(f'{{"type":"message","content":"swift {n}"}}'.encode())),
                write_all(lambda n: product.say("send", room=general.pk, client_id=str(n), content=f"product {n}")),
            )
            heard = await asyncio.gather(
                hear_all(angular, "content", total + 1),
                hear_all(swift, "message", total + 1),
                product.reach(general.pk, start + 1 + total),
            )
            events = [each for shown in product.heard for each in shown.get("events", [shown])]
            told = [each["message"]["content"] for each in events if each["type"] == "message.created"]
            assert heard[0] == heard[1] == told
            assert len(set(told)) == total + 1

    run(talk)
    newest_first = APIClient(headers={"Authorization": f"Bearer {angular_token}"})
    oldest_first = APIClient(headers={"Authorization": f"Bearer {swift_token}"})
    listed = newest_first.get(f"/api/rooms/{general.number}/messages?limit=100").json()
    read = oldest_first.get(f"/api/messages/{general.number}").json()
    assert [row["id"] for row in reversed(listed)] == [row["id"] for row in read]
    assert [row["content"] for row in reversed(listed)] == [row["message"] for row in read]


def test_the_talk_about_a_listing_is_the_same_on_the_shops_socket_and_on_the_products(
    address: str, other_address: str, buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    """The seller writes in the web shop, the buyer on `/v1`, each at another server process."""
    room, _ = opening.about_listing(buyer, make_listing().pk)
    shop_token, product_token = token_of(seller), token_of(buyer)

    async def talk() -> None:
        async with (
            listening(address, f"/ws/chats/{room.number}", shop_token) as shop,
            signed_in(other_address, product_token) as product,
        ):
            start = (await product.follow(room.pk, since=0))["last_seq"]
            await shop.say(text="ready")
            await product.reach(room.pk, start + 1)
            await asyncio.gather(
                *(shop.say(text=f"shop {n}") for n in range(EACH)),
                *(product.say("send", room=room.pk, client_id=str(n), content=f"product {n}") for n in range(EACH)),
            )
            while len(shop.heard) < 2 * EACH + 1:
                await shop.next()
            await product.reach(room.pk, start + 1 + 2 * EACH)
            events = [each for shown in product.heard for each in shown.get("events", [shown])]
            told = [each["message"]["content"] for each in events if each["type"] == "message.created"]
            assert [shown["text"] for shown in shop.heard] == told
            assert len(set(told)) == 2 * EACH + 1

    run(talk)
    shop_reads = APIClient(headers={"Authorization": f"Bearer {shop_token}"}).get(f"/chats/{room.number}/messages")
    product_reads = APIClient(headers={"Authorization": f"Bearer {product_token}"}).get(
        f"/v1/messages?chat_id={room.pk}&page_size=100"
    )
    newest_first = [row["content"] for row in product_reads.json()["items"]]
    assert [row["text"] for row in shop_reads.json()] == newest_first[::-1]


def test_files_and_places_have_plain_words_for_who_does_not_know_them(
    address: str, local_desk: Desk, buyer: User, seller: User, general: Room
) -> None:
    """Sent from `/v1`, with two files and no words."""
    groups.join(buyer, general.pk)
    files = [local_desk.confirmed(buyer, name=name) for name in ("a.pdf", "b.pdf")]
    angular_token, swift_token = bearer(seller, "/api/users/login"), bearer(seller, "/api/auth/login")

    async def talk() -> None:
        async with (
            listening(address, f"/api/ws/{general.number}", angular_token) as angular,
            listening(address, f"/ws/chat/{general.number}", swift_token) as swift,
        ):
            await angular.until("users_online")
            await swift.say(type="message", content="ready")
            await angular.until("message")
            await swift.until("message")
            await in_thread(local_desk.message, buyer, general, *files)
            shown, text = await angular.until("message"), await swift.until("message")
            assert (shown["content"], shown["file_id"]) == ("", files[0].number)
            assert text["message"] == "a.pdf, b.pdf"
            place = Draft(None, kind=Message.Kind.LOCATION, data={"latitude": 4.6, "longitude": -74.1})
            await in_thread(sending.send, buyer, general.pk, place)
            shown, text = await angular.until("message"), await swift.until("message")
            assert shown["content"] == text["message"] == "4.6, -74.1"

    run(talk)
    for path, field in (("/api/rooms/{}/messages", "content"), ("/api/messages/{}", "message")):
        rows = APIClient(headers={"Authorization": f"Bearer {swift_token}"}).get(path.format(general.number)).json()
        assert "4.6, -74.1" in {row[field] for row in rows}


@pytest.mark.django_db
def test_one_account_and_one_token_for_all(make_person: Callable[..., User], general: Room) -> None:
    """Registered with the Swift client; the same person, and the same rooms, in the others."""
    body = {"username": "wanda", "password": "secret1"}
    assert APIClient().post("/api/auth/signup", body).status_code == 201
    tokens = [APIClient().post(door, body).json()["access_token"] for door in ("/api/auth/login", "/api/users/login")]
    for token in tokens:
        api = APIClient(headers={"Authorization": f"Bearer {token}"})
        assert api.get("/v1/auth/me").json()["username"] == "wanda"
        assert api.get("/api/users/me").json()["id"] == api.get("/api/auth/me").json()["id"]
        assert api.get("/messages/history").json() == []
        room = api.get(f"/api/rooms/{general.number}").json()
        assert room == api.get("/api/rooms").json()[0] == APIClient().get("/api/rooms/").json()[0]
