"""Drills in which a process of ours dies or is stopped."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from unittest.mock import patch

from _realtime_client import until
from _realtime_place import all_up, expect_the_same_story, place, stopped, talk
from _realtime_stack import Stack
from _stack import Tally, size

# Who has gone is not said to have left for ten seconds. After that, as many are remembered as ever will be
REMEMBERED_SECONDS = 15


async def worker_killed(stack: Stack, tally: Tally) -> None:
    """1. kill -9 of a process with all the sockets on it, in the middle of a talk."""
    where = await place(size(50, 10))
    clients = where.clients(stack.addresses)
    await all_up(clients)
    talking = asyncio.create_task(talk(clients, size(1_000, 100), size(100, 40)))
    await asyncio.sleep(size(5, 1))
    await asyncio.to_thread(stack.webs[0].kill)
    await talking
    await until(lambda: all(client.has_all_acks for client in clients), 30)
    tally.expect("messages that nobody acknowledged", sum(not client.has_all_acks for client in clients), 0)
    await expect_the_same_story(tally, where, clients)
    await asyncio.to_thread(stack.webs[0].start)
    await stopped(clients)


async def committed_and_never_published(stack: Stack, tally: Tally) -> None:
    """2. A process that dies between COMMIT and PUBLISH leaves a message that no hint speaks of."""
    from chat import announcing
    from chat.services import sending

    where = await place(2)
    clients = where.clients(stack.addresses)
    await all_up(clients)
    with patch.object(announcing, "now"):
        await asyncio.to_thread(sending.send, where.people[0], where.room_id, sending.Draft("lost"))
    took = await until(lambda: all(client.last > where.start for client in clients), 10)
    tally.expect("seen by all within 6 s", took <= 6, True)
    await stopped(clients)


async def rolling_restart(stack: Stack, tally: Tally) -> None:
    """21. Every process is stopped and started while people talk: nothing is lost, and not all come back at once."""
    where = await place(size(20, 10))
    clients = where.clients(stack.addresses, size(200, 100))  # of fewer, a handful is a fifth already
    await all_up(clients)
    talking = asyncio.create_task(talk(clients, size(400, 60), 10))
    began = time.monotonic()
    for web in stack.webs:
        await asyncio.to_thread(web.stop)
        tally.note(f"stopped {time.monotonic() - began:.1f} s after the beginning")
        await asyncio.to_thread(web.start)
    tally.note(f"both are new after {time.monotonic() - began:.1f} s")
    await talking
    await until(lambda: all(client.has_all_acks for client in clients), 40)
    await expect_the_same_story(tally, where, clients)
    codes = Counter(code for client in clients for _, code in client.closings)
    tally.expect("closed with anything but 1012", {code: n for code, n in codes.items() if code != 1012}, {})
    seconds = Counter(int(at) for client in clients for at in client.joined[1:])
    busiest = max(seconds.values(), default=0) / max(1, len(clients))
    tally.expect("at most a fifth of all came back in one second", busiest <= 0.2, True)
    tally.note(f"{sum(seconds.values())} came back, {busiest:.0%} of all clients in the busiest second")
    await stopped(clients)


async def comings_and_goings(stack: Stack, tally: Tally) -> None:
    """24. Sockets open and close by the thousand: what the process holds does not grow."""
    where = await place(5)

    async def rounds(count: int) -> int:
        for _ in range(count):
            clients = where.clients(stack.addresses[:1], 20)
            await all_up(clients)
            await stopped(clients)
        return resident(stack.webs[0].popen.pid) if stack.webs[0].popen else 0

    await rounds(size(50, 3))
    began = time.monotonic()
    while time.monotonic() - began < size(REMEMBERED_SECONDS, 0):
        await rounds(5)
    base = await rounds(1)
    after = await rounds(size(450, 6))
    tally.expect("grew by less than 20 MiB", after - base < 20 * 1_024, True)
    tally.note(f"from {base / 1_024:.0f} to {after / 1_024:.0f} MiB")


def resident(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
