"""Drills of a room's numbers: given back, asked for too early or too late, or made up."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from _realtime_client import until
from _realtime_hostile import opened
from _realtime_place import Place, all_up, expect_the_same_story, place, stopped
from _realtime_stack import Stack
from _stack import Tally, size

MANY = 510  # more than is told again at once


async def given_back(stack: Stack, tally: Tally) -> None:
    """12. A transaction ends after it took a number: no hole, and the next message has that number."""
    where = await place(2)
    clients = where.clients(stack.addresses)
    await all_up(clients)
    same = 0
    for _ in range(size(50, 10)):
        taken = await asyncio.to_thread(_taken_and_given_back, where)
        client_id = await clients[0].send("hola")
        await until(lambda: client_id in clients[0].acks, 10)  # noqa: B023  (asked within this turn)
        same += clients[0].acks[client_id]["seq"] == taken
    tally.expect("numbers that the next message did not get", size(50, 10) - same, 0)
    await expect_the_same_story(tally, where, clients)
    at_once = [asyncio.to_thread(_taken_and_given_back, where) for _ in range(10)]
    await asyncio.gather(*at_once, *[client.send(f"at {time.monotonic()}") for client in clients for _ in range(10)])
    await until(lambda: all(client.has_all_acks for client in clients), 20)
    await expect_the_same_story(tally, where, clients)
    await stopped(clients)


def _taken_and_given_back(where: Place) -> int:
    from django.db import transaction

    from chat.services import sending

    with transaction.atomic():
        sent = sending.send(where.people[0], where.room_id, sending.Draft("never"))
        transaction.set_rollback(True)
    return sent.seq


async def made_up_places(stack: Stack, tally: Tally) -> None:
    """13. `since` of another time, another log, or no number at all: told in a frame, and never the whole log."""
    where = await place(1)
    await asyncio.to_thread(_fill, where)
    last = where.start + MANY
    asked: dict[str, tuple[dict[str, Any], str]] = {
        "of long ago": ({"since": 0}, "resync too_far, then 0 events"),
        "of the future": ({"since": last + 10}, "resync ahead, then 0 events"),
        "of another log": ({"since": last, "epoch": "another"}, "resync epoch, then 0 events"),
        "negative": ({"since": -1}, "error bad_frame"),
        "a text": ({"since": "7; DROP TABLE"}, "error bad_frame"),
        "a fraction": ({"since": 1.5}, "error bad_frame"),
        "larger than any": ({"since": 2**60}, "error bad_frame"),
        "an epoch that is none": ({"since": last, "epoch": 7}, "error bad_frame"),
        "none": ({}, "subscribed, then 50 events"),
        "the right one": ({"since": last - 3}, "subscribed, then 3 events"),
    }
    async with await opened(stack.addresses[0], where.tokens[0]) as connection:
        await connection.recv()  # welcome
        for name, (facts, wanted) in asked.items():
            await connection.send(json.dumps({"type": "subscribe", "room": str(where.room_id), **facts}))
            await connection.send('{"type": "ping"}')
            heard = []
            while (shown := json.loads(await asyncio.wait_for(connection.recv(), 10)))["type"] != "pong":
                heard.append(shown)
            tally.expect(name, _in_words(heard), wanted)


def _in_words(heard: list[dict[str, Any]]) -> str:
    error = next((shown for shown in heard if shown["type"] == "error"), None)  # who is online may be told before it
    if error is not None:
        return f"error {error['code']}"
    begin = next((f"resync {shown['reason']}" for shown in heard if shown["type"] == "resync"), "subscribed")
    events = sum(len(shown["events"]) if shown["type"] == "events" else "at" in shown for shown in heard)
    return f"{begin}, then {events} events"


def _fill(where: Place) -> None:
    """Messages as sending leaves them, all at once."""
    from chat.models import Event, Message, Room

    seqs = range(where.start + 1, where.start + 1 + MANY)
    room, sender = Room.objects.get(pk=where.room_id), where.people[0]
    said = Message.objects.bulk_create(Message(room=room, seq=seq, sender=sender, body=f"{seq}") for seq in seqs)
    facts: dict[str, Any] = {"room": room, "type": Event.Type.CREATED, "actor": sender}
    Event.objects.bulk_create(Event(seq=each.seq, message=each, **facts) for each in said)
    Room.objects.filter(pk=room.pk).update(last_seq=seqs[-1])
