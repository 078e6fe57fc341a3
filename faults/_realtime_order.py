"""Drills of many who write, come back or are put out at once."""

from __future__ import annotations

import asyncio
import time

from _realtime_client import until
from _realtime_place import all_up, expect_the_same_story, place, stopped, talk
from _realtime_stack import Stack
from _stack import Tally, size


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
