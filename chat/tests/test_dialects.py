"""Another family's socket: its own address, its own words, the same guarantees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import pytest
from channels.routing import URLRouter
from django.urls import path
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from accounts.models import User
from chat.consumers import MarketConsumer, OneRoomConsumer
from chat.frames import Frame, Shown
from chat.models import Message, Room
from chat.realtime.commands import Command, Say, Typing
from chat.realtime.dialects import OneRoom
from chat.realtime.errors import UnknownType
from chat.services import access, groups, sending
from chat.services.access import Standing
from chat.services.errors import ChatNotFound
from chat.services.sending import Draft
from chat.tests.sockets import in_thread, run, signed_in, token_of


class Loud(OneRoom):
    """One room per address, numbers instead of UUIDs, frames of text or bytes."""

    def command(self, said: dict[str, Any], home: UUID | None) -> Command:
        assert home is not None
        if said.get("hush"):
            return Typing(home, is_typing=True)
        if "text" not in said:
            raise UnknownType
        return Say(home, said["text"])

    def event(self, frame: Frame) -> str | None:
        facts = orjson.loads(frame.numbers)
        if frame.type == "typing":
            return orjson.dumps({"hush": facts["user"]["username"], "in": facts["room"]}).decode()
        if frame.type != "message.created":
            return None
        message = facts["message"]
        return orjson.dumps({"LOUD": message["content"].upper(), "by": message["sender"]["id"]}).decode()

    def shown(self, shown: Shown) -> str | None:
        return orjson.dumps({"PROBLEM": shown["detail"]}).decode() if shown["type"] == "error" else None


class LoudConsumer(OneRoomConsumer):
    dialect = Loud()

    def place_of(self, person: User) -> Standing:
        room = Room.objects.filter(number=self.number).first()
        if room is None:
            raise ChatNotFound
        return access.standing(person.pk, room.pk)


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


def test_nothing_is_missed_or_repeated_between_coming_in_and_being_there(
    address: str, buyer: User, seller: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said before is not said again; what is said while the door opens is."""
    sending.send(buyer, room.pk, Draft("before"))
    whole = LoudConsumer.admitted

    async def slowly(consumer: LoudConsumer) -> None:
        await in_thread(sending.send, buyer, room.pk, Draft("meanwhile"))
        await whole(consumer)

    monkeypatch.setattr(LoudConsumer, "admitted", slowly)
    url = address.replace("http", "ws") + f"/ws/loud/{room.number}?token={token_of(seller)}"

    async def talk() -> None:
        async with connect(url) as loud:
            assert orjson.loads(await loud.recv())["LOUD"] == "MEANWHILE"

    run(talk)


def test_who_types_is_told_to_the_others_only(address: str, buyer: User, seller: User, room: Room) -> None:
    def url(person: User) -> str:
        return address.replace("http", "ws") + f"/ws/loud/{room.number}?token={token_of(person)}"

    urls = url(buyer), url(seller)

    async def talk() -> None:
        async with connect(urls[0]) as one, connect(urls[1]) as other:
            await other.send('{"text": "hola"}')
            assert "LOUD" in orjson.loads(await one.recv())
            assert "LOUD" in orjson.loads(await other.recv())
            await one.send('{"hush": true}')
            assert orjson.loads(await other.recv()) == {"hush": "buyer", "in": room.number}
            await one.send('{"text": "buenas"}')
            assert "LOUD" in orjson.loads(await one.recv())

    run(talk)


@pytest.mark.parametrize(("rule", "code"), [(groups.leave, 1000), (groups.remove, 1008)])
def test_a_socket_whose_room_is_lost_ends(
    rule: Any, code: int, address: str, buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    """By one's own will with 1000, at which clients stay away; else with the standard's code for a rule."""
    group = make_group(buyer, seller, is_private=True)
    url = address.replace("http", "ws") + f"/ws/loud/{group.number}?token={token_of(seller)}"
    asked = (seller, group.pk) if rule is groups.leave else (buyer, group.pk, seller.pk)

    async def talk() -> None:
        async with connect(url) as loud:
            await in_thread(rule, *asked)
            await loud.wait_closed()
            assert loud.close_code == code

    run(talk)
