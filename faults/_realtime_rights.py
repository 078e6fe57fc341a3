"""Drills of rights that end while a socket is open: with the word over Redis, and without it."""

from __future__ import annotations

import asyncio
import time
import urllib.request

from _realtime_client import Client, until
from _realtime_place import Place, all_up, place, stopped
from _realtime_stack import Stack
from _stack import Tally, Worker, size

SIGNED_OUT, DISABLED = 4_501, 4_503
AT_ONCE, AT_LAST = size(1, 3), 62  # seconds; every minute the sessions of all who are here are looked at


async def rights_end(stack: Stack, tally: Tally) -> None:
    """17. Signed out, disabled, banned: closed within a second by the word over Redis, else within a minute."""
    worker = Worker("worker-rights")
    await asyncio.to_thread(worker.start)
    try:
        await _until_it_works(stack)
        where = await place(4)
        clients = where.clients(stack.addresses)
        await all_up(clients)
        tally.expect(
            "signed out, closed in time with",
            await _closed(clients[1], _sign_out(stack, where, 1), AT_ONCE),
            SIGNED_OUT,
        )
        tally.expect("disabled, closed in time with", await _closed(clients[2], _disable(where, 2), AT_ONCE), DISABLED)
        await asyncio.to_thread(_ban, where, 3)
        took = await until(lambda: any(each["type"] == "unsubscribed" for each in clients[3].other), AT_ONCE)
        tally.expect("banned, out of the room in time", took < float("inf"), True)
        tally.expect("the other stays", len(clients[0].closings), 0)
        await stopped(clients)
        if size(1, 0):
            await _without_redis(stack, tally)
    finally:
        await asyncio.to_thread(worker.stop)


async def _without_redis(stack: Stack, tally: Tally) -> None:
    where = await place(3)
    clients = where.clients(stack.addresses)
    await all_up(clients)
    stack.redis.cut()
    began = time.monotonic()
    codes = await asyncio.gather(
        _closed(clients[1], _sign_out(stack, where, 1), AT_LAST), _closed(clients[2], _disable(where, 2), AT_LAST)
    )
    tally.note(f"Redis is cut: closed after {time.monotonic() - began:.0f} s")
    tally.expect(
        "without Redis, signed out and disabled are closed within a minute with", codes, [SIGNED_OUT, DISABLED]
    )
    tally.expect("the other stays", len(clients[0].closings), 0)
    stack.redis.mend()
    await stopped(clients)


async def _closed(client: Client, step: object, seconds: float) -> int | None:
    """The close code, if it came in time."""
    await step  # type: ignore[misc]
    took = await until(lambda: client.closings, seconds)
    return client.closings[0][1] if took < float("inf") else None


async def _until_it_works(stack: Stack) -> None:
    """The worker has started when the first word has been carried."""
    where = await place(2)
    clients = where.clients(stack.addresses[:1])
    await all_up(clients)
    await _closed(clients[1], _sign_out(stack, where, 1), 60)
    await stopped(clients)


async def _sign_out(stack: Stack, where: Place, number: int) -> None:
    request = urllib.request.Request(f"{stack.addresses[0]}/v1/auth/logout", b"{}", method="POST")
    request.add_header("Authorization", f"Bearer {where.tokens[number]}")
    request.add_header("Content-Type", "application/json")
    await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=10).close())


async def _disable(where: Place, number: int) -> None:
    from django.utils import timezone

    from accounts.services import people

    await asyncio.to_thread(people.disable, where.people[number], actor=None, reason="drill", now=timezone.now())


def _ban(where: Place, number: int) -> None:
    from chat.services import groups

    groups.remove(where.people[0], where.room_id, where.people[number].pk, for_good=True)
