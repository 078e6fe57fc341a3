"""A thousand sockets and a hundred thousand messages on two processes, while one is killed and Redis restarts, twice.

In the end every client has the same gapless log of its room, and everything that was acknowledged is stored, once.
Full: 50 rooms of 20 listeners. SHORT=1: five rooms, 2,000 messages, under half a minute.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field

import django
from _stack import ENVIRONMENT, Tally, prepare, size

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill")

from _realtime_big_client import Listener
from _realtime_client import Client, until
from _realtime_place import Place, all_up, place, stopped
from _realtime_stack import Stack

ROOMS, LISTENERS, WRITERS = size(50, 5), 20, size(4, 8)  # of each room
MESSAGES = size(2_000, 400)  # in each room
A_SECOND, AT_ONCE = size(12, 3), 5  # of one writer: a socket may say twenty things a second, all that it holds included
LONGEST = size(900, 60)


@dataclass
class Room:
    where: Place
    listeners: list[Listener] = field(default_factory=list)
    writers: list[Client] = field(default_factory=list)

    @property
    def last(self) -> int:
        return self.where.start + MESSAGES

    @property
    def is_heard_by_all(self) -> bool:
        return all(listener.last >= self.last for listener in self.listeners)


async def opened(stack: Stack) -> list[Room]:
    opening = asyncio.Semaphore(20)
    rooms = [Room(await place(2)) for _ in range(ROOMS)]
    for room in rooms:
        where = room.where
        tokens = [where.tokens[number % 2] for number in range(LISTENERS)]
        room.listeners = [
            Listener(stack.addresses, token, str(where.room_id), where.start, opening) for token in tokens
        ]
        room.writers = where.clients(stack.addresses, WRITERS)
        await all_up(room.writers)
    everybody = [listener for room in rooms for listener in room.listeners]
    await until(lambda: all(listener.comings for listener in everybody), 120)
    return rooms


async def write(writer: Client, messages: int) -> None:
    for number in range(messages):
        while writer.unsent >= AT_ONCE:
            await asyncio.sleep(0.02)
        await writer.send(f"{number}")
        await asyncio.sleep(1 / A_SECOND)


async def mischief(stack: Stack, rooms: list[Room], tally: Tally) -> None:
    """At a fifth of the messages, at two, at three and at four."""
    for part, step in enumerate((kill_one, restart_redis, kill_one, restart_redis), 1):
        await until(lambda: _written(rooms) >= ROOMS * MESSAGES * part / 5, LONGEST)  # noqa: B023  (asked in this turn)
        tally.note(f"{step.__doc__} after {_written(rooms):,} messages")
        await step(stack)


def _written(rooms: list[Room]) -> int:
    return sum(len(writer.acks) for room in rooms for writer in room.writers)


async def kill_one(stack: Stack) -> None:
    """kill -9 of a process"""
    await asyncio.to_thread(stack.webs[0].kill)
    await asyncio.to_thread(stack.webs[0].start)


async def restart_redis(stack: Stack) -> None:
    """Redis is gone, and back without its memory"""
    from marketplace.common.redisdb import connection

    stack.redis.cut()
    await asyncio.to_thread(connection().flushdb)
    await asyncio.sleep(1)
    stack.redis.mend()


async def big_run(stack: Stack, tally: Tally) -> None:
    began = time.monotonic()
    rooms = await opened(stack)
    count = ROOMS * LISTENERS
    tally.note(f"{count:,} listeners in {ROOMS} rooms are up after {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    troubles = asyncio.create_task(mischief(stack, rooms, tally))
    await asyncio.gather(*[write(writer, MESSAGES // WRITERS) for room in rooms for writer in room.writers])
    await until(lambda: all(writer.has_all_acks for room in rooms for writer in room.writers), LONGEST)
    await troubles
    tally.note(f"{_written(rooms):,} acknowledged after {time.monotonic() - began:.0f} s")
    await until(lambda: all(room.is_heard_by_all for room in rooms), 60)
    tally.note(f"heard by all after {time.monotonic() - began:.0f} s")
    await judge(tally, rooms)
    for room in rooms:
        await asyncio.gather(*[listener.stop() for listener in room.listeners])
        await stopped(room.writers)


async def judge(tally: Tally, rooms: list[Room]) -> None:
    everybody = [(room, listener) for room in rooms for listener in room.listeners]
    wanted = {room.where.room_id: list(range(room.where.start + 1, room.last + 1)) for room in rooms}
    stored = {room.where.room_id: await asyncio.to_thread(room.where.stored) for room in rooms}
    acks = [(room, ack) for room in rooms for writer in room.writers for ack in writer.acks.values()]
    places = {(room.where.room_id, ack["seq"]) for room, ack in acks}
    tally.expect("messages acknowledged", len(acks), ROOMS * MESSAGES)
    tally.expect("places that they have", len(places), ROOMS * MESSAGES)
    tally.expect(
        "rooms whose log has a gap, or more than was said", sum(wanted[key] != stored[key] for key in wanted), 0
    )
    tally.expect(
        "listeners that are at the end", sum(each.last == room.last for room, each in everybody), len(everybody)
    )
    tally.expect("events out of turn, lost or doubled", sum(each.wrong for _, each in everybody), 0)
    tally.note(f"listeners came in {sum(each.comings for _, each in everybody):,} times")


async def main() -> None:
    tally = Tally("Many sockets, many messages: what the clients saw")
    stack = Stack()
    await stack.start()
    try:
        await big_run(stack, tally)
    finally:
        await stack.stop()
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    asyncio.run(main())
