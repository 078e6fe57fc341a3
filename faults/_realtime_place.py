"""A room for drills, the people in it, and what all of them must have seen in the end."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from _realtime_client import Client, until
from _stack import Tally


class Place:
    """A group with so many members, made without the servers."""

    def __init__(self, people: int) -> None:
        from django.utils import timezone

        from accounts.models import Surface, User
        from accounts.services.sign_in import open_session
        from accounts.tokens import pair_for
        from chat.services import groups

        stamp = time.time_ns()
        self.people = [User.objects.create(username=f"drill-{stamp}-{number}") for number in range(people)]
        room = groups.create(self.people[0], name="Drill")
        for person in self.people[1:]:
            groups.join(person, room.pk)
        facts: dict[str, Any] = {"surface": Surface.CAMPUS, "address": "127.0.0.1", "user_agent": "drill"}
        facts["now"] = timezone.now()
        self.tokens = [pair_for(open_session(person, **facts)).access for person in self.people]
        self.room_id = room.pk
        self.start = people - 1  # every join is an event

    def clients(self, addresses: list[str], count: int | None = None) -> list[Client]:
        tokens = [self.tokens[number % len(self.tokens)] for number in range(count or len(self.tokens))]
        return [Client(addresses, token, str(self.room_id), starts_at=self.start) for token in tokens]

    def stored(self) -> list[int]:
        from chat.models import Event

        return list(
            Event.objects.filter(room=self.room_id, seq__gt=self.start).order_by("seq").values_list("seq", flat=True)
        )


async def place(people: int) -> Place:
    return await asyncio.to_thread(Place, people)


async def all_up(clients: list[Client]) -> None:
    for client in clients:
        await asyncio.wait_for(client.is_up.wait(), 60)


async def stopped(clients: list[Client]) -> None:
    await asyncio.gather(*[client.stop() for client in clients])


async def expect_the_same_story(tally: Tally, where: Place, clients: list[Client], seconds: float = 30) -> None:
    """Everybody saw everything that is stored: once, in order, without a gap."""
    stored = await asyncio.to_thread(where.stored)
    wanted = list(range(where.start + 1, where.start + 1 + len(stored)))
    await until(lambda: all(client.last >= where.start + len(stored) for client in clients), seconds)
    right = sum(client.seqs == wanted for client in clients)
    tally.expect("the log has no gap", stored == wanted, True)
    tally.expect(f"clients that saw all {len(stored)}, once and in order", right, len(clients))
    acks = [ack["seq"] for client in clients for ack in client.acks.values()]
    tally.expect("acknowledged and not stored", len(set(acks) - set(stored)), 0)


async def talk(clients: list[Client], messages: int, rate: float) -> None:
    for number in range(messages):
        await clients[number % len(clients)].send(f"at {time.monotonic()}")
        await asyncio.sleep(1 / rate)
