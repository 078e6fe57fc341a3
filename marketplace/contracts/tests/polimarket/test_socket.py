"""`/ws/chats/{chat_id}?token=…` on a real server: the frames of its README, and a page that hangs up after each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from pytest_django import Settings
from rest_framework.test import APIClient
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from accounts.models import User
from chat.models import Message, Room
from chat.services import opening, sending
from chat.services.sending import Draft
from chat.tests.sockets import run, signed_in, token_of
from listings.models import Category, Listing
from listings.services import catalogs, listings
from marketplace.contracts.tests.polimarket.throwaway import say_and_hang_up

THROWN_AWAY = 50  # faults/throwaway.py: 1,000 of them
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lamp(leo: User) -> Listing:
    catalogs.seed_base()
    return listings.offer(leo, facts={"title": "Lamp", "price_cents": 850, "category": Category.objects.earliest("pk")})


@pytest.fixture
def room(ana: User, lamp: Listing) -> Room:
    return opening.about_listing(ana, lamp.pk)[0]


def _stored() -> int:
    try:
        return Message.objects.count()
    finally:
        connections.close_all()


def url(address: str, number: int, token: str = "") -> str:
    return f"ws://{urlsplit(address).netloc}/ws/chats/{number}" + (f"?token={token}" if token else "")


def test_readme_everybody_in_the_chat_hears_it_the_sender_too(address: str, ana: User, leo: User, room: Room) -> None:
    """[seed] `{"text": …}` in, and out comes who said it; [js-v1] keeps its socket open and reads exactly these."""
    tokens = token_of(ana), token_of(leo)

    async def talk() -> list[dict[str, Any]]:
        async with (
            connect(url(address, room.number, tokens[0])) as one,
            connect(url(address, room.number, tokens[1])) as other,
        ):
            await one.send('{"text": "hola"}')
            return [json.loads(await each.recv()) for each in (one, other)]

    heard = run(talk)
    said = Message.objects.get()
    assert heard[0] == heard[1]
    assert heard[0].pop("created_at").endswith("Z")
    assert heard[0] == {
        "id": said.number,
        "chat_id": room.number,
        "author_id": ana.number,
        "author_name": "Ana Ruiz",
        "text": "hola",
    }


def test_js_v1_is_told_nothing_of_what_it_has_read_already(address: str, ana: User, room: Room) -> None:
    sending.send(ana, room.pk, Draft("before"))
    token = token_of(ana)

    async def talk() -> str:
        async with connect(url(address, room.number, token)) as one:
            await one.send(b'{"text": "after"}')  # and bytes are as good as text
            return str(json.loads(await one.recv())["text"])

    assert run(talk) == "after"


def test_readme_who_may_not_come_in_is_refused_before_the_socket_opens(
    address: str, ana: User, leo: User, stranger: User, room: Room
) -> None:
    """[react] would take an open socket for a message that was sent."""
    direct, _ = opening.between(ana, leo)
    doors = [
        url(address, room.number),
        url(address, room.number, "nonsense"),
        url(address, room.number, token_of(stranger)),
        url(address, 987_654_321, token_of(ana)),
        url(address, direct.number, token_of(ana)),
        url(address, room.number, token_of(ana)).replace("/chats/", "/chatss/"),
    ]

    async def talk() -> None:
        for door in doors:
            with pytest.raises(InvalidStatus) as refused:
                async with connect(door):
                    pass
            assert refused.value.response.status_code == 403, door

    run(talk)


def test_a_slash_at_the_end_does_no_harm(address: str, ana: User, room: Room) -> None:
    door = url(address, room.number, token_of(ana)).replace("?", "/?")

    async def talk() -> None:
        async with connect(door) as one:
            await one.send('{"text": "hola"}')
            assert json.loads(await one.recv())["text"] == "hola"

    run(talk)


@pytest.mark.parametrize("frame", ["{", "[]", '{"text": 7}', '{"txt": "x"}', '{"text": ""}', '{"type": "ping"}'])
def test_readme_a_frame_that_does_not_fit_is_told_and_the_socket_stays(
    address: str, ana: User, room: Room, frame: str
) -> None:
    token = token_of(ana)

    async def talk() -> None:
        async with connect(url(address, room.number, token)) as one:
            await one.send(frame)
            assert json.loads(await one.recv()) == {"type": "error", "detail": "Mensaje inválido"}
            await one.send('{"text": "still here"}')
            assert json.loads(await one.recv())["text"] == "still here"

    run(talk)
    assert Message.objects.count() == 1


def test_v1_and_this_family_are_in_one_talk(address: str, ana: User, leo: User, room: Room) -> None:
    tokens = token_of(ana), token_of(leo)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, connect(url(address, room.number, tokens[1])) as other:
            await one.follow(room.pk)
            await one.ask("send", "ack", room=room.pk, client_id="a", content="desde /v1")
            assert json.loads(await other.recv())["text"] == "desde /v1"
            await other.send('{"text": "desde PoliMarket"}')
            await one.reach(room.pk, 2)

    run(talk)


@pytest.mark.parametrize("most", [1, 10])
def test_react_every_message_of_a_throw_away_socket_is_kept(
    settings: Settings, address: str, ana: User, room: Room, signed_in: Callable[..., APIClient], most: int
) -> None:
    """Open, one frame, and hang up at once, in the same segment; also where a newer socket has taken its place."""
    settings.SOCKETS_PER_PERSON = most
    host, port = str(urlsplit(address).hostname), int(urlsplit(address).port or 0)
    path, client = f"/ws/chats/{room.number}?token={token_of(ana)}", signed_in(ana)
    texts = [f"message {n}" for n in range(THROWN_AWAY)]

    async def talk() -> None:
        for text in texts:
            await say_and_hang_up(host, port, path, text)
        async with asyncio.timeout(20):
            while await asyncio.to_thread(_stored) < THROWN_AWAY:
                await asyncio.sleep(0.02)

    run(talk)
    kept = [row["text"] for row in client.get(f"/chats/{room.number}/messages").json()]
    assert sorted(kept) == sorted(texts)  # each socket stands for itself: of two at once either may be first
