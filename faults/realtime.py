"""The sockets of the chat while things die: what the clients saw. docs/realtime.md makes the promises.

One drill for each line; those with a number are the design's. What is not here because nothing has to die for it
(frames that do not fit, floods, tokens, tickets, origins) is in chat/tests/. SHORT=1 takes about a minute.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from unittest.mock import patch

import django
from _stack import ENVIRONMENT, SHORT, Tally, prepare, size

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill")

from _realtime_client import Client, until
from _realtime_place import all_up, expect_the_same_story, place, stopped, talk
from _realtime_stack import Stack, Unreliable

Drill = Callable[[Stack, Tally], Awaitable[None]]


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
    tally.expect("online after 22 s", counts, [4])
    tally.expect("said to have left", _left(clients[0]), {})
    await stopped(clients)


def _left(client: Client) -> dict[str, int]:
    return dict(Counter(shown["user_id"] for shown in client.other if shown["type"] == "user_left"))


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


async def storm(stack: Stack, tally: Tally) -> None:
    """9. All sockets are cut at once and come back with their place, while somebody writes."""
    where = await place(size(20, 10))
    clients = where.clients(stack.addresses, size(1_000, 60))
    await all_up(clients)
    writer = where.clients(stack.addresses, 1)
    await all_up(writer)
    for client in clients:
        client.drop()
    began = time.monotonic()
    writing = asyncio.create_task(talk(writer, 50, 10))
    await until(lambda: all(client.joined[-1] > began for client in clients), 60)
    tally.expect("all back within 15 s", time.monotonic() - began <= 15, True)
    await writing
    await until(lambda: writer[0].has_all_acks, 10)
    await expect_the_same_story(tally, where, [*clients, *writer])
    delays = sorted(writer[0].delays)
    tally.note(f"{len(clients)} back; a message took {delays[-2] * 1_000:.0f} ms at the 98th percentile meanwhile")
    await stopped([*clients, *writer])


async def said_twenty_times(stack: Stack, tally: Tally) -> None:
    """10. The same message twenty times at once, over two processes: one row, equal acknowledgements, seen once."""
    where = await place(1)
    clients = where.clients(stack.addresses[:1], 1) + where.clients(stack.addresses[1:], 1)
    await all_up(clients)
    await asyncio.gather(*[client.send("hola", client_id="once") for _ in range(10) for client in clients])
    await until(lambda: all("once" in client.acks for client in clients), 10)
    await asyncio.sleep(1)
    await expect_the_same_story(tally, where, clients)
    tally.expect("different answers", len({(c.acks["once"]["id"], c.acks["once"]["seq"]) for c in clients}), 1)
    tally.expect("times it was seen", [len(client.seqs) for client in clients], [1, 1])
    await stopped(clients)


async def many_senders(stack: Stack, tally: Tally) -> None:
    """11. Many write into one room on two processes: all see the same order."""
    where = await place(size(50, 10))
    clients = where.clients(stack.addresses)
    await all_up(clients)
    for _ in range(size(100, 15)):
        await asyncio.gather(*[client.send(f"at {time.monotonic()}") for client in clients])
    await until(lambda: all(client.has_all_acks for client in clients), 120)
    await expect_the_same_story(tally, where, clients, 60)
    await stopped(clients)


async def removed_in_flight(stack: Stack, tally: Tally) -> None:
    """18. A member is removed while messages fly: they see up to their removal."""
    from chat.services import groups, log, sending

    where = await place(2)
    await asyncio.to_thread(groups.change, where.people[0], where.room_id, is_private=True)
    where.start += 1
    clients = where.clients(stack.addresses)
    await all_up(clients)

    def write() -> int:
        for number in range(40):
            sending.send(where.people[0], where.room_id, sending.Draft(str(number)))
            if number == 20:
                groups.remove(where.people[0], where.room_id, where.people[1].pk)
                left = log.watermarks([where.room_id])[where.room_id][1]
        return left

    left = await asyncio.to_thread(write)
    await until(lambda: clients[0].last == where.start + 41, 10)
    await asyncio.sleep(0.5)
    tally.expect("the last that the removed one saw, after their removal", clients[1].last - left, 0)
    await stopped(clients)


async def presence_killed(stack: Stack, tally: Tally) -> None:
    """20. Three sockets of one person on two processes, kill -9 of one, then of the other."""
    where = await place(2)
    watcher = where.clients(stack.addresses[1:], 1)
    await all_up(watcher)
    person = str(where.people[1].pk)
    there = [Client(stack.addresses[:1], where.tokens[1], str(where.room_id), starts_at=where.start) for _ in range(2)]
    here = Client(stack.addresses[1:], where.tokens[1], str(where.room_id), starts_at=where.start)
    await all_up([*there, here])
    await asyncio.sleep(4)
    await asyncio.to_thread(stack.webs[0].kill)
    await stopped(there)
    await asyncio.sleep(size(20, 6))
    tally.expect("said to have left while one socket lives", _left(watcher[0]), {})
    await here.stop()
    took = await until(lambda: bool(_left(watcher[0])), 30)
    tally.note(f"left {took:.1f} s after the last socket closed")
    await asyncio.sleep(size(10, 3))
    tally.expect("said to have left, in the end", _left(watcher[0]), {person: 1})
    await asyncio.to_thread(stack.webs[0].start)
    await stopped(watcher)


async def rolling_restart(stack: Stack, tally: Tally) -> None:
    """21. Every process is stopped and started while people talk: nothing is lost, and not all come back at once."""
    where = await place(size(20, 10))
    clients = where.clients(stack.addresses, size(200, 40))
    await all_up(clients)
    talking = asyncio.create_task(talk(clients, size(400, 60), 10))
    for web in stack.webs:
        await asyncio.to_thread(web.stop)
        await asyncio.to_thread(web.start)
    await talking
    await until(lambda: all(client.has_all_acks for client in clients), 40)
    await expect_the_same_story(tally, where, clients)
    codes = Counter(code for client in clients for _, code in client.closings)
    tally.expect("closed with anything but 1012", {code: n for code, n in codes.items() if code != 1012}, {})
    seconds = Counter(int(at) for client in clients for at in client.joined[1:])
    busiest = max(seconds.values(), default=0) / max(1, len(clients))
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
        return _resident(stack.webs[0].popen.pid) if stack.webs[0].popen else 0

    base = await rounds(size(50, 3))
    after = await rounds(size(450, 6))
    tally.expect("grew by less than 20 MiB", after - base < 20 * 1_024, True)
    tally.note(f"from {base / 1_024:.0f} to {after / 1_024:.0f} MiB")


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


DRILLS: tuple[Drill, ...] = (
    worker_killed,
    committed_and_never_published,
    redis_away,
    redis_unreliable,
    postgres_away,
    storm,
    said_twenty_times,
    many_senders,
    removed_in_flight,
    rolling_restart,
    comings_and_goings,
)
SLOW: tuple[Drill, ...] = (redis_emptied, presence_killed)


async def main() -> None:
    tally = Tally("Sockets: what the clients saw")
    stack = Stack()
    wanted = os.environ.get("ONLY", "")
    await stack.start()
    try:
        for drill in DRILLS if SHORT else (*DRILLS, *SLOW):
            if wanted in drill.__name__:
                began = time.monotonic()
                tally.note(str(drill.__doc__))
                await drill(stack, tally)
                tally.note(f"({time.monotonic() - began:.0f} s)")
    finally:
        await stack.stop()
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    asyncio.run(main())
