"""Drills in which Redis or PostgreSQL is away, unreliable or empty."""

from __future__ import annotations

import asyncio
import time

from _realtime_client import left_in, until
from _realtime_place import all_up, expect_the_same_story, place, stopped, talk
from _realtime_stack import Stack, Unreliable
from _stack import Tally, size


async def redis_away(stack: Stack, tally: Tally) -> None:
    """3. Redis away in the middle of a talk: no socket closes, everything is acknowledged, gaps are made good."""
    where = await place(4)
    clients = where.clients(stack.addresses)
    await all_up(clients)
    for away in (1, size(30, 3)):
        talking = asyncio.create_task(talk(clients, int((away + 2) * 10), 10))
        await asyncio.sleep(1)
        stack.redis.cut()
        await asyncio.sleep(away)
        stack.redis.mend()
        began = time.monotonic()
        await talking
        await until(lambda: all(client.has_all_acks for client in clients), 20)
        await expect_the_same_story(tally, where, clients, 10)
        tally.note(f"away {away} s; all made good {time.monotonic() - began:.1f} s after its return")
    tally.expect("sockets closed", sum(len(client.closings) for client in clients), 0)
    await stopped(clients)


async def redis_unreliable(stack: Stack, tally: Tally) -> None:
    """4. Every tenth hint is lost, and pairs are swapped."""
    mischief = Unreliable()
    former, stack.redis.mischief = stack.redis.mischief, mischief
    stack.redis.hang_up()
    await asyncio.sleep(1.5)
    where = await place(4)
    clients = where.clients(stack.addresses)
    await all_up(clients)
    await talk(clients, size(1_000, 100), 50)
    await until(lambda: all(client.has_all_acks for client in clients), 20)
    await expect_the_same_story(tally, where, clients, 10)
    tally.expect("hints were lost and swapped", mischief.lost > 0 and mischief.swapped > 0, True)
    stack.redis.mischief = former
    stack.redis.hang_up()
    await stopped(clients)


async def redis_emptied(stack: Stack, tally: Tally) -> None:
    """5. FLUSHALL: presence is there again, and nobody is said to have left."""
    from marketplace.common.redisdb import connection

    where = await place(4)
    clients = where.clients(stack.addresses)
    await all_up(clients)
    await asyncio.sleep(1)
    await asyncio.to_thread(connection().flushdb)
    await asyncio.sleep(22)
    await clients[0].ask(type="users_online")
    await until(lambda: any(shown["type"] == "users_online" for shown in clients[0].other), 5)
    counts = [shown["count"] for shown in clients[0].other if shown["type"] == "users_online"]
    tally.expect("online after 22 s", counts[-1:], [4])
    tally.expect("said to have left", left_in(clients[0]), {})
    await stopped(clients)


async def postgres_away(stack: Stack, tally: Tally) -> None:
    """6. PostgreSQL away: nothing is acknowledged that is not stored, sockets stay, and what was refused goes later."""
    where = await place(2)
    clients = where.clients(stack.addresses)
    await all_up(clients)
    stack.postgres.cut()
    for client in clients:
        await client.send(f"at {time.monotonic()}")
    await until(lambda: all(client.errors for client in clients), 10)
    tally.expect(
        "told to try again",
        {(e["code"], "retry_after" in e) for c in clients for e in c.errors},
        {("unavailable", True)},
    )
    tally.expect("acknowledged meanwhile", sum(len(client.acks) for client in clients), 0)
    await asyncio.sleep(size(10, 1))
    stack.postgres.mend()
    await asyncio.sleep(1)
    for _ in range(20):
        await asyncio.gather(*[client.again() for client in clients])
        if await until(lambda: all(client.has_all_acks for client in clients), 1) < 1:
            break
    await expect_the_same_story(tally, where, clients)
    tally.expect("sockets closed", sum(len(client.closings) for client in clients), 0)
    await stopped(clients)
