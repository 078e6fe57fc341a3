"""Drills of sockets that do not read, do not stop talking, or say what nobody can read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from _realtime_client import Client, until
from _realtime_place import Place, all_up, expect_the_same_story, place, stopped
from _realtime_processes import resident
from _realtime_stack import Stack
from _stack import Tally, size
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

MOST_KIB = 8 * 1_024
BASE, MORE = 300, 1_200  # messages without the one that does not read, and beside it
AHEAD = 4  # messages on their way at once
Said = str | bytes | Iterable[str]


async def opened(address: str, token: str, **options: Any) -> ClientConnection:
    """A connection of no good manners: it keeps no place and answers nothing by itself."""
    url = address.replace("http", "ws") + "/v1/ws"
    headers = {"Authorization": f"Bearer {token}"}
    return await connect(
        url, additional_headers=headers, compression=None, max_size=None, ping_interval=None, **options
    )


async def slow_reader(stack: Stack, tally: Tally) -> None:
    """7. One never reads: the others do not notice, it is cut off, and comes back where it was."""
    where = await place(size(20, 5))
    clients = where.clients(stack.addresses[:1], size(200, 20))
    await all_up(clients)
    await _write(where, clients, BASE)
    base = _slowest(clients)
    process = stack.webs[0].popen
    assert process is not None
    before, known = resident(process.pid), where.start + BASE
    silent = await opened(stack.addresses[0], where.tokens[0], sock=_narrow(stack.addresses[0]), max_queue=1)
    await silent.send(json.dumps({"type": "subscribe", "room": str(where.room_id), "since": known}))
    await asyncio.sleep(0.5)
    await _write(where, clients, MORE)
    await expect_the_same_story(tally, where, clients)
    beside = _slowest(clients)
    tally.note(f"99 of 100 took {base * 1_000:.0f} ms without it and {beside * 1_000:.0f} ms beside it")
    tally.expect("the others wait less than twice as long beside it", beside < 2 * base, True)
    tally.expect("the process grew by less than 8 MiB", resident(process.pid) - before < MOST_KIB, True)
    tally.expect("others that were closed", sum(len(client.closings) for client in clients), 0)
    await asyncio.sleep(16)  # ten seconds for a write, five for the last word
    read = await _read_to_the_end(silent)
    last = max(read, default=known)
    tally.expect(f"the {len(read)} that it was given have no gap", read == list(range(known + 1, last + 1)), True)
    tally.expect("it was cut off before the end", last < where.start + BASE + MORE, True)
    again = Client(stack.addresses[:1], where.tokens[0], str(where.room_id), starts_at=last)
    await until(lambda: again.last >= where.start + BASE + MORE or _was_too_far(again), 20)
    tally.expect(
        "it came back to all that was missing", again.last == where.start + BASE + MORE or _was_too_far(again), True
    )
    await stopped([*clients, again])


async def _write(where: Place, clients: list[Client], messages: int) -> None:
    """No faster than they are heard: else everybody waits for the crowd before them, whoever else does not read."""
    from chat.services import sending

    first = min(client.last for client in clients)
    for number in range(messages):
        text = f"at {time.monotonic()}".ljust(7_900)
        await asyncio.to_thread(sending.send, where.people[0], where.room_id, sending.Draft(text))
        await until(lambda: min(client.last for client in clients) > first + number - AHEAD, 60)  # noqa: B023


def _slowest(clients: list[Client]) -> float:
    delays = sorted(delay for client in clients for delay in client.delays)
    for client in clients:
        client.delays.clear()
    return delays[int(len(delays) * 0.99)]


def _narrow(address: str) -> socket.socket:
    parts = urlsplit(address)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.connect((parts.hostname, parts.port))
    made.setblocking(False)
    return made


async def _read_to_the_end(connection: ClientConnection) -> list[int]:
    seqs: list[int] = []
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        while True:
            shown = json.loads(await asyncio.wait_for(connection.recv(), 20))
            events = shown["events"] if shown["type"] == "events" else [shown]
            seqs += [event["seq"] for event in events if "at" in event and "seq" in event]
    return seqs


def _was_too_far(client: Client) -> bool:
    """More than is told again at once: it is sent to the pages of the history."""
    return any(shown["type"] == "resync" and shown["reason"] == "too_far" for shown in client.other)


async def unreadable(stack: Stack, tally: Tally) -> None:
    """14. Frames too large, in pieces, in no alphabet, in no language: told or closed, and nobody else notices."""
    where = await place(2)
    bystander = where.clients(stack.addresses[:1], 1)
    await all_up(bystander)
    closing: dict[str, tuple[Said, int]] = {
        "a byte too long": ("x" * 65_537, 1_009),
        "a megabyte": ("x" * 1_000_000, 1_009),
        "not UTF-8": (b"\xff\xfe", 1_007),
    }
    for name, (said, code) in closing.items():
        tally.expect(name, await _answer(stack, where, said), code)
    told: dict[str, Said] = {
        "ten thousand pieces": ["x"] * 10_000,
        "a thousand levels": "[" * 1_000 + "]" * 1_000,
        "no number": '{"type": "ping", "x": NaN}',
        "a name twice": '{"type": "ping", "type": "ping"}',
        "a null byte": '{"type": "ping", "x": "\\u0000"}',
    }
    for name, said in told.items():
        tally.expect(name, await _answer(stack, where, said), "bad_json, and it lives")
    tally.expect("what can be read is answered", await _answer(stack, where, '{"type": "ping"}'), "pong")
    tally.expect("others that were closed", len(bystander[0].closings), 0)
    await stopped(bystander)


async def _answer(stack: Stack, where: Place, said: Said) -> str | int:
    """The close code, or what came back."""
    async with await opened(stack.addresses[0], where.tokens[1]) as connection:
        await connection.recv()  # welcome
        try:
            await connection.send(said, text=True)
            shown = json.loads(await asyncio.wait_for(connection.recv(), 10))
            if shown["type"] != "error":
                return str(shown["type"])
            await connection.send('{"type": "ping"}')
            lives = json.loads(await asyncio.wait_for(connection.recv(), 10))["type"] == "pong"
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1_006
        return f"{shown['code']}, and it {'lives' if lives else 'is silent'}"


async def flood(stack: Stack, tally: Tally) -> None:
    """15. One sends a thousand frames a second: it is slowed down, told so and closed; the others are answered."""
    where = await place(2)
    others = where.clients(stack.addresses[:1], 5)
    await all_up(others)
    async with await opened(stack.addresses[0], where.tokens[1]) as connection:
        shown: list[dict[str, Any]] = []
        talking = asyncio.create_task(_flood(connection))
        for number in range(size(100, 30)):
            await others[number % len(others)].send(f"at {time.monotonic()}")
            await asyncio.sleep(0.1)
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(20):
                while True:
                    shown.append(json.loads(await connection.recv()))
        await connection.close()  # nothing is left to close, unless it was let
        seconds = await talking
        tally.expect("closed with", connection.close_code, 4_029)
    answered = sum(each["type"] == "pong" for each in shown)
    tally.expect("told to slow down", sum(each.get("code") == "rate_limited" for each in shown), 3)
    tally.expect("answered no more than twenty a second", 0 < answered <= 20 * (seconds + 1), True)
    await expect_the_same_story(tally, where, others)
    tally.note(f"meanwhile 99 of 100 messages of others took {_slowest(others) * 1_000:.0f} ms")
    await stopped(others)


async def _flood(connection: ClientConnection) -> float:
    """How long it was let."""
    began = time.monotonic()
    with contextlib.suppress(ConnectionClosed):
        while True:
            for _ in range(100):
                await connection.send('{"type": "ping"}')
            await asyncio.sleep(0.1)
    return time.monotonic() - began
