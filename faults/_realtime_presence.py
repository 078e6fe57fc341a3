"""Drills of who is there."""

from __future__ import annotations

import asyncio

from _realtime_client import Client, left_in, until
from _realtime_place import all_up, place, stopped
from _realtime_stack import Stack
from _stack import Tally, size


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
    tally.expect("said to have left while one socket lives", left_in(watcher[0]), {})
    await here.stop()
    took = await until(lambda: bool(left_in(watcher[0])), 30)
    tally.note(f"left {took:.1f} s after the last socket closed")
    await asyncio.sleep(size(10, 3))
    tally.expect("said to have left, in the end", left_in(watcher[0]), {person: 1})
    await asyncio.to_thread(stack.webs[0].start)
    await stopped(watcher)
