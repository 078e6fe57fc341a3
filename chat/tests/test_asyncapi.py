"""`/asyncapi.json` describes the socket as it is: every frame type, both ways, and the codes it closes with."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.asyncapi import read
from chat.models import Event, Room
from chat.realtime import codes
from chat.realtime.product_commands import READERS
from chat.services import changing, groups, marks
from chat.tests.socket_schema import described, misfits
from chat.tests.sockets import in_thread, run, signed_in, token_of

CHAT = Path(__file__).resolve().parent.parent
# what Channels, the layer and the hubs say among themselves
INNER = {"websocket.send", "websocket.close", "websocket.accept", "room.frame", "user.frame", "standing.changed"}


def frames_in_the_code() -> Iterator[str]:
    """Every `{"type": "…"}` of the product's own code."""
    for path in CHAT.rglob("*.py"):
        if {"tests", "migrations", "asyncapi"} & set(path.parts) or path.name == "demo.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "type" and isinstance(value, ast.Constant):
                        yield str(value.value)


def names(side: str) -> set[str]:
    prefix = f"{side}."
    return {key.removeprefix(prefix) for key in described()["components"]["schemas"] if key.startswith(prefix)}


def test_every_frame_that_is_read_is_described_and_no_other() -> None:
    assert names("read") == READERS.keys()
    assert read.ANSWERS.keys() <= READERS.keys()


def test_every_frame_that_is_said_is_described_and_no_other() -> None:

    by_variable = {"read", "delivered", "marked", "marked_delivered", "events"}  # named where they are not a literal
    assert names("said") == {*frames_in_the_code()} - INNER | set(Event.Type.values) | by_variable


def test_every_close_code_has_a_meaning() -> None:
    numbers = {value for value in vars(codes).values() if isinstance(value, int)}
    numbers -= {*codes.OF_ONE_ROOM, codes.FIRST_OF_OURS}

    assert codes.MEANING.keys() == numbers
    assert described()["x-close-codes"].keys() == {str(number) for number in numbers}


def test_the_document_is_served_and_every_reference_in_it_leads_somewhere(anonymous: APIClient) -> None:
    reply = anonymous.get("/asyncapi.json")
    document = reply.json()

    assert document["asyncapi"] == "3.0.0"
    assert anonymous.get("/asyncapi.json", HTTP_IF_NONE_MATCH=reply["ETag"]).status_code == 304
    for reference in references(document):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


@pytest.mark.django_db(transaction=True)
def test_a_session_as_it_is_heard_and_said_fits_the_description(
    address: str, make_group: Callable[..., Room], buyer: User, seller: User, stranger: User
) -> None:
    room = make_group(seller, buyer)
    token, theirs = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, token) as one, signed_in(address, theirs) as other:
            await one.follow(room.pk)
            await other.ask("resume", "subscribed", rooms=[{"room": room.pk, "since": 0, "epoch": str(room.epoch)}])
            place = {"latitude": 4.6, "longitude": -74.08}
            ack = await one.ask(
                "send", "ack", room=room.pk, client_id="a", content="hola", message_type="location", data=place
            )
            await one.say("typing", room=room.pk, is_typing=True)
            await other.until("typing")
            await other.ask("read", "marked", room=room.pk, seq=ack["seq"])
            await other.ask("delivered", "marked_delivered", room=room.pk, seq=ack["seq"])
            await one.until("delivered")
            await in_thread(changing.react, seller, ack["id"], "👍")
            await in_thread(groups.join, stranger, room.pk)
            await in_thread(groups.change, seller, room.pk, name="Robots")
            await in_thread(groups.leave, stranger, room.pk)
            await in_thread(marks.unread_from, seller, room.pk, ack["seq"])
            await other.until("unread")
            await in_thread(room.refresh_from_db, fields=["last_seq"])
            await one.reach(room.pk, room.last_seq)  # that somebody has left, by itself or among others
            await one.ask("users_online", "users_online", room=room.pk)
            await one.ask("subscribe", "resync", room=room.pk, since=10_000)
            await one.ask("ping", "pong")
            await one.ask("auth.refresh", "auth.refreshed", token=token)
            await one.ask("send", "error", room=room.pk)
            await one.ask("unsubscribe", "unsubscribed", room=room.pk)
            for frame in (*one.told, *other.told):
                assert frame == {"type": "send", "room": str(room.pk)} or misfits("read", frame) == []

    run(talk)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "send", "room": "not an id", "content": 1},
        {"type": "read", "room": "01a2188b-6dd5-7407-83d7-4106ee0ff7be", "seq": -1},
        {"type": "ping", "and": "more"},
    ],
)
def test_what_does_not_fit_is_found(frame: dict[str, object]) -> None:
    assert misfits("read", frame)
