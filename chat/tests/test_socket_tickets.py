"""A ticket opens one socket, once and soon; it may be for one room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat import announcing
from chat.models import Message, Room
from chat.tests.sockets import in_thread, opened, run
from marketplace.common.redisdb import connection


@pytest.fixture
def redis_now() -> Any:
    return connection()


def test_a_ticket_is_good_once_and_not_for_long(
    address: str, buyer: User, signed_in: Callable[..., APIClient], redis_now: Any
) -> None:
    api = signed_in(buyer)
    reply = api.post("/v1/ws/ticket")
    assert (reply.status_code, reply.json()["expires_in"]) == (201, 30)
    ticket = reply.json()["ticket"]
    assert 0 < redis_now.ttl(redis_now.keys("chat:ticket:*")[0]) <= 30
    assert not [key for key in redis_now.keys("*") if ticket.encode() in key]

    async def talk() -> None:
        async with opened(address, f"?ticket={ticket}") as one:
            await one.until("welcome")
        async with opened(address, f"?ticket={ticket}") as one:
            assert await one.closed() == 4501
            assert one.heard[0]["code"] == "invalid_ticket"

    run(talk)


def test_a_ticket_for_one_room_is_good_for_no_other(
    address: str, buyer: User, signed_in: Callable[..., APIClient], room: Room, make_group: Callable[..., Room]
) -> None:
    other = make_group(buyer)
    ticket = signed_in(buyer).post("/v1/ws/ticket", {"room": str(room.pk)}).json()["ticket"]

    async def talk() -> None:
        async with opened(address, f"?ticket={ticket}") as one:
            await one.until("welcome")
            await one.follow(room.pk)
            for kind, facts in (
                ("subscribe", {}),
                ("send", {"client_id": "a", "content": "hola"}),
                ("read", {"seq": 1}),
                ("resume", {"rooms": [{"room": str(other.pk)}]}),
            ):
                told = await one.ask(kind, "error", room=other.pk, **facts)
                assert (told["code"], told["room"]) == ("chat_not_found", str(other.pk)), kind
            await in_thread(announcing.to_person, buyer.pk, {"type": "room.activity", "room": str(other.pk), "seq": 1})
            said = await one.ask("send", "ack", room=room.pk, client_id="a", content="hola")
            assert said["seq"] == room.last_seq + 1
            assert "room.activity" not in {shown["type"] for shown in one.heard}

    run(talk)
    assert not Message.objects.filter(room=other).exists()
