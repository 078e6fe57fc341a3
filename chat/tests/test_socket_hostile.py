"""T33 to T35: what no client of ours sends. The socket says so and lives, or is closed; others notice nothing."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import AsyncExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed

from accounts.models import User
from chat.models import Message, Room
from chat.realtime import hub as hubs
from chat.services import log, sending
from chat.services.sending import Draft
from chat.tests.sockets import in_thread, run, send_many, signed_in, timed, token_of

GARBLED = {
    "no JSON": "hello",
    "a list": "[]",
    "a number": "1",
    "empty": "",
    "NaN": '{"type": "ping", "x": NaN}',
    "infinity": '{"type": "ping", "x": 1e999}',
    "twice": '{"type": "ping", "type": "send"}',
    "twice within": '{"type": "ping", "x": {"a": 1, "a": 2}}',
    "deep": '{"type": "ping", "x": ' + "[" * 1_000 + "]" * 1_000 + "}",
    "nine levels": '{"type": "ping", "x": ' + "[" * 8 + "1" + "]" * 8 + "}",
    "NUL": '{"type": "send", "content": "a\\u0000b"}',
    "half a pair": '{"type": "ping", "x": "\\ud800"}',
}
MISFITS: dict[str, dict[str, Any]] = {
    "type": {"type": "nothing"},
    "no type": {"room": "x"},
    "type is a list": {"type": ["ping"]},
    "room": {"type": "subscribe", "room": "../x"},
    "room is a number": {"type": "subscribe", "room": 7},
    "client_id": {"type": "send", "content": "x"},
    "a long client_id": {"type": "send", "client_id": "x" * 65, "content": "x"},
    "content": {"type": "send", "client_id": "x", "content": 7},
    "a long text": {"type": "send", "client_id": "x", "content": "x" * 8_001},
    "message_type": {"type": "send", "client_id": "x", "content": "x", "message_type": "system"},
    "data": {"type": "send", "client_id": "x", "message_type": "location", "data": {"latitude": 91, "longitude": 0}},
    "rooms": {"type": "resume", "rooms": [1]},
    "is_typing": {"type": "typing", "is_typing": "yes"},
    "seq": {"type": "read", "seq": -1},
    "token": {"type": "auth.refresh", "token": 7},
}


@pytest.mark.parametrize("name", GARBLED)
def test_T33_what_is_not_one_json_object_is_an_error_and_no_more(address: str, buyer: User, name: str) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.connection.send(GARBLED[name])
            assert (await one.until("error"))["code"] == "bad_json"
            await one.ask("ping", "pong")

    run(talk)


def test_T33_garbage_for_the_third_time_ends_it(address: str, buyer: User) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            for _ in range(3):
                await one.connection.send("{")
            assert await one.closed() == 4500

    run(talk)


def test_T33_frames_that_do_not_fit_are_told_so(address: str, buyer: User, room: Room) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            for name, frame in MISFITS.items():
                await one.connection.send(json.dumps({"room": str(room.pk), **frame}))
                shown = await one.until("error")
                code = "unknown_type" if "type" in name and name != "message_type" else "bad_frame"
                assert (name, shown["code"]) == (name, code)
            await one.ask("ping", "pong")

    run(talk)
    assert not Message.objects.exists()


def test_a_place_is_two_numbers_and_nothing_else(address: str, buyer: User, room: Room) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            place = {"latitude": 4.6, "longitude": -74, "script": "<b>"}
            await one.ask("send", "ack", room=room.pk, client_id="x", message_type="location", data=place)

    run(talk)
    assert Message.objects.get().data == {"latitude": 4.6, "longitude": -74}


def test_T34_binary_frames_and_large_ones_close_the_socket(address: str, buyer: User) -> None:
    token = token_of(buyer)
    sent: list[tuple[Any, int]] = [(b"{}", 1003), ("x" * 65_537, 1009), ("x" * 1_048_576, 1009)]

    async def talk() -> None:
        for frame, code in sent:
            async with signed_in(address, token) as one:
                with suppress(ConnectionClosed):
                    await one.connection.send(frame)
                assert await one.closed() == code
        async with signed_in(address, token) as one:
            await one.connection.send('{"type":"ping","x":"' + "x" * 65_000 + '"}')
            await one.until("pong")

    run(talk)


def test_T34_ten_thousand_fragments_and_bad_utf8(address: str, buyer: User) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.connection.send(part for part in ['{"type":"ping"', *[" "] * 10_000, "}"])
            await one.until("pong")
        async with signed_in(address, token) as one:
            one.connection.protocol.send_text(b"\xff\xfe")
            one.connection.transport.write(b"".join(one.connection.protocol.data_to_send()))
            assert await one.closed() == 1007

    run(talk)


def test_T34_a_flood_is_slowed_and_then_ended_and_others_do_not_notice(address: str, buyer: User, seller: User) -> None:
    tokens = token_of(buyer), token_of(seller)

    async def flood(one: Any) -> None:
        try:
            for _ in range(1_000):
                await one.say("ping")
        except ConnectionClosed:
            return

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, signed_in(address, tokens[1]) as other:
            with timed() as seconds:
                flooding = asyncio.create_task(flood(one))
                for _ in range(10):
                    with timed() as answered:
                        await other.ask("ping", "pong")
                    assert answered() < 1
                assert await one.closed() == 4029
            assert seconds() < 5
            assert len([shown for shown in one.heard if shown["type"] == "pong"]) <= 63
            await flooding

    run(talk)


def test_T34_messages_are_limited_by_person_over_all_sockets(
    address: str, buyer: User, room: Room, settings: Settings
) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one, signed_in(address, token) as two:
            for number in range(8):
                for each in (one, two):
                    await each.say("send", room=room.pk, client_id=f"{number}{id(each)}", content="x")
            answers = [await each.next() for each in (one, two) for _ in range(8)]
            refused = [shown for shown in answers if shown["type"] == "error"]
            assert (len(refused), {shown["code"] for shown in refused}) == (6, {"rate_limited"})
            assert all(shown["retry_after"] >= 1 and shown["client_id"] for shown in refused)

    run(talk)
    assert Message.objects.count() == 10


def _never_reading(address: str, token: str, room: Room) -> socket.socket:
    """A client with a small buffer that has asked for everything and takes nothing."""
    parts = urlsplit(address)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.connect((parts.hostname, parts.port))
    head = f"GET /v1/ws?token={token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    raw.sendall(f"{head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    assert raw.recv(1_024).startswith(b"HTTP/1.1 101")
    frame = json.dumps({"type": "subscribe", "room": str(room.pk)}).encode()
    raw.sendall(bytes([0x81, 0x80 | len(frame), 0, 0, 0, 0]) + frame)
    return raw


def test_T34_a_reader_that_never_reads_is_cut_off_and_comes_back_to_everything(
    address: str, buyer: User, seller: User, room: Room
) -> None:
    tokens = token_of(buyer), token_of(seller)

    def much() -> None:
        for number in range(480):
            sending.send(seller, room.pk, Draft(f"{number} " + "ñ" * 7_900))

    async def talk() -> None:
        lazy = await asyncio.to_thread(_never_reading, address, tokens[0], room)
        try:
            async with signed_in(address, tokens[1]) as other:
                await other.follow(room.pk)
                hub = next(iter(hubs._hubs.values()))
                while [seat.is_live for seat in hub.rooms[room.pk].seats.values()] != [True, True]:
                    await asyncio.sleep(0.05)
                reading = asyncio.create_task(other.reach(room.pk, 480, seconds=40))
                await in_thread(much)
                await reading
                assert other.seqs(room.pk) == list(range(1, 481))
                assert len(hub.sockets) == 1
        finally:
            lazy.close()
        async with signed_in(address, tokens[0]) as back:
            await back.follow(room.pk, since=0)
            await back.reach(room.pk, 480)
            assert back.seqs(room.pk) == list(range(1, 481))

    run(talk)


def test_T35_five_hundred_messages_during_a_pause_are_all_there(address: str, buyer: User, room: Room) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(room.pk)
        await in_thread(send_many, buyer, room, 500)
        async with signed_in(address, token) as back:
            await back.follow(room.pk, since=0, epoch=str(room.epoch))
            await back.reach(room.pk, 500)
            assert back.seqs(room.pk) == list(range(1, 501))

    run(talk)


def test_forty_who_come_back_together_ask_the_log_together(
    address: str, make_person: Any, make_group: Any, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    people = [make_person(f"p{number}") for number in range(40)]
    group = make_group(*people)
    tokens = [token_of(person) for person in people]
    send_many(people[0], group, 100)
    asked: list[int] = []
    read = log.everything_after

    def counted(*args: Any) -> Any:
        asked.append(1)
        time.sleep(0.2)
        return read(*args)

    monkeypatch.setattr(log, "everything_after", counted)

    async def talk() -> None:
        async with AsyncExitStack() as stack:
            talks = [await stack.enter_async_context(signed_in(address, token)) for token in tokens]
            await asyncio.gather(*[one.follow(group.pk, since=40) for one in talks])
            await asyncio.gather(*[one.reach(group.pk, group.last_seq + 100) for one in talks])

    run(talk)
    assert len(asked) <= 3
