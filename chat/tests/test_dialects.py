"""Another family's socket: its own address, its own words, the same guarantees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
from channels.routing import URLRouter
from django.urls import path
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from accounts.models import User
from chat.consumers import MarketConsumer, SocketConsumer
from chat.frames import Frame, Shown
from chat.models import Message, Room
from chat.realtime.commands import Command, Follow, Say
from chat.realtime.errors import Refused, UnknownType
from chat.realtime.following import follow
from chat.realtime.threads import in_thread
from chat.services import access
from chat.tests.sockets import run, signed_in, token_of


class Loud:
    """One room per address, numbers instead of UUIDs, frames of text or bytes."""

    refuses_before_accept = True
    takes_binary = True
    subprotocol: str | None = None

    def command(self, said: dict[str, Any], home: UUID | None) -> Command:
        if home is None or "text" not in said:
            raise UnknownType
        return Say(home, said["text"])

    def event(self, frame: Frame) -> str | None:
        if frame.type != "message.created":
            return None
        message = orjson.loads(frame.numbers)["message"]
        return orjson.dumps({"LOUD": message["content"].upper(), "by": message["sender"]["id"]}).decode()

    def batches(self, room_id: UUID, frames: Sequence[Frame], most: int, most_bytes: int) -> Iterator[str]:
        return (text for text in map(self.event, frames) if text is not None)

    def shown(self, shown: Shown) -> str | None:
        return orjson.dumps({"PROBLEM": shown["detail"]}).decode() if shown["type"] == "error" else None


class LoudConsumer(SocketConsumer):
    dialect = Loud()

    async def may_enter(self, person: User) -> None:
        number = self.scope["url_route"]["kwargs"]["number"]
        room = await in_thread(Room.objects.filter(number=number).first)
        if room is None or not (await in_thread(access.standing, person.pk, room.pk)).may_follow:
            raise Refused
        self.socket.home = room.pk

    async def admitted(self) -> None:
        assert self.socket.home is not None
        await follow(self.socket, Follow(self.socket.home))


@pytest.fixture(autouse=True)
def _loud_address(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = [path("v1/ws", MarketConsumer.as_asgi()), path("ws/loud/<int:number>", LoudConsumer.as_asgi())]
    monkeypatch.setattr("marketplace.asgi.sockets", URLRouter(routes))


def test_two_families_talk_in_one_room(address: str, buyer: User, seller: User, room: Room) -> None:
    tokens = token_of(buyer), token_of(seller)
    url = address.replace("http", "ws") + f"/ws/loud/{room.number}?token={tokens[1]}"

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, connect(url) as loud:
            await one.follow(room.pk)
            await one.ask("send", "ack", room=room.pk, client_id="a", content="hola")
            assert orjson.loads(await loud.recv()) == {"LOUD": "HOLA", "by": buyer.number}
            await loud.send(b'{"text": "buenas"}')
            assert orjson.loads(await loud.recv()) == {"LOUD": "BUENAS", "by": seller.number}
            await one.reach(room.pk, 2)
            await loud.send("{")
            assert "PROBLEM" in orjson.loads(await loud.recv())

    run(talk)
    assert Message.objects.count() == 2


def test_who_may_not_enter_is_refused_in_the_handshake(address: str, stranger: User, room: Room) -> None:
    tokens = [token_of(stranger), "nonsense", ""]

    async def talk() -> None:
        for token in tokens:
            for number in (room.number, 987_654):
                with pytest.raises(InvalidStatus) as refused:
                    async with connect(address.replace("http", "ws") + f"/ws/loud/{number}?token={token}"):
                        pass
                assert refused.value.response.status_code == 403

    run(talk)
