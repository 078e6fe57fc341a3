"""`/api/ws/{room_id}`: what is said there, and the files that come with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Attachment, Member, Message, Room
from chat.tests.desk import PDF, Desk
from chat.tests.sockets import run
from marketplace.contracts.tests.clients import bearer, listening
from marketplace.contracts.tests.izpochat.coming_in import LOGIN, come_in, path

Api = Callable[[User], APIClient]


# ── Talking ──────────────────────────────────────────────────────────────────────────────────────


def test_seed_the_guides_javascript(address: str, buyer: User, seller: User, general: Room) -> None:
    """Its two `ws.send(JSON.stringify({…}))`: the message comes back to its sender too, who shows it only then."""
    tokens = bearer(buyer, LOGIN), bearer(seller, LOGIN)

    async def talk() -> None:
        async with (
            listening(address, path(general), tokens[0]) as ws,
            listening(address, path(general), tokens[1]) as other,
        ):
            await come_in(ws)
            await come_in(other)
            await ws.say(type="message", content="¡Hola mundo!", file_id=None)
            for each in (ws, other):
                shown = await each.until("message")
                assert shown.keys() == {"type", "id", "content", "room_id", "sender", "file_id", "timestamp"}
                assert (shown["content"], shown["room_id"]) == ("¡Hola mundo!", general.number)
                assert shown["sender"] == {"id": buyer.number, "username": "buyer", "full_name": "Buyer"}
                assert (shown["file_id"], shown["timestamp"][-1]) == (None, "Z")
            await ws.say(type="typing", typing=True)
            typing = await other.until("typing")
            assert typing.keys() == {"type", "user_id", "username", "typing", "timestamp"}
            assert (typing["user_id"], typing["username"], typing["typing"]) == (buyer.number, "buyer", True)
            await ws.say(type="typing", typing=False)
            assert (await other.until("typing"))["typing"] is False
            assert "typing" not in ws.kinds()
            await other.say(type="typing", typing=True)
            assert (await ws.until("typing"))["user_id"] == seller.number, "also who has not spoken yet"

    run(talk)
    assert not Member.objects.filter(user=seller, room=general).exists()
    assert Member.objects.filter(user=buyer, room=general, state=Member.State.ACTIVE).exists(), "who speaks is in it"


def test_angular_pings_every_half_minute_and_is_answered(address: str, buyer: User, general: Room) -> None:
    token = bearer(buyer, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), token) as ws:
            await come_in(ws)
            for _ in range(3):
                await ws.say(type="ping")
                pong = await ws.next()
                assert pong.keys() == {"type", "user_id", "timestamp"}
                assert (pong["type"], pong["user_id"]) == ("pong", buyer.number)

    run(talk)


def test_backend_a_frame_without_a_type_is_a_message_and_bytes_are_as_good_as_text(
    address: str, buyer: User, general: Room
) -> None:
    token = bearer(buyer, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), token) as ws:
            await ws.say(content="no type")
            assert (await ws.until("message"))["content"] == "no type"
            await ws.connection.send(b'{"type": "message", "content": "bytes"}')
            assert (await ws.until("message"))["content"] == "bytes"

    run(talk)


def test_seed_what_is_empty_unknown_or_no_json_is_told_in_an_error_frame(
    address: str, buyer: User, general: Room
) -> None:
    token = bearer(buyer, LOGIN)
    wrong = ['{"type": "message", "content": ""}', '{"type": "message"}', '{"type": "shout"}', "{", '{"content": 7}']
    wrong += ['{"type": "message", "content": "x", "file_id": 987654321}', '{"content": "x", "file_id": "7"}']

    async def talk() -> None:
        async with listening(address, path(general), token) as ws:
            await come_in(ws)
            for raw in wrong:
                await ws.connection.send(raw)
                error = await ws.next()
                assert error["type"] == "error", raw
                assert type(error["message"]) is str
            await ws.say(type="message", content="still here")
            await ws.until("message")

    run(talk)
    assert Message.objects.count() == 1


# ── Files ────────────────────────────────────────────────────────────────────────────────────────


def test_seed_a_message_brings_its_file(address: str, local_desk: Desk, buyer: User, general: Room) -> None:
    file = local_desk.confirmed(buyer, name="apuntes.pdf")
    token = bearer(buyer, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), token) as ws:
            await ws.say(type="message", content="mira", file_id=file.number)
            shown = await ws.until("message")
            assert shown["file_id"] == file.number
            assert shown["file"] == {
                "id": file.number,
                "original_filename": "apuntes.pdf",
                "public_url": f"/api/uploads/{file.number}/download",
                "content_type": "application/pdf",
                "file_size": file.size_bytes,
            }

    run(talk)


def test_angular_shares_a_file_as_a_whole_message_in_the_text(
    address: str, local_desk: Desk, angular: Api, buyer: User, seller: User, general: Room
) -> None:
    """It leaves `file_id` to us and names the file by its address: the message carries it, and others can save it."""
    file = local_desk.confirmed(buyer, name="apuntes.pdf")
    public_url = f"/api/uploads/{file.number}/download"
    inner = {
        "type": "message",
        "content": "📁 apuntes.pdf",
        "room_id": general.number,
        "file": {"id": 0, "original_filename": "a.pdf", "public_url": public_url, "uploader": {"x": "y" * 2_000}},
    }
    token = bearer(buyer, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), token) as ws:
            await ws.say(type="message", content=json.dumps(inner))
            shown = await ws.until("message")
            assert (shown["content"], shown["file_id"]) == ("📁 apuntes.pdf", file.number)
            for plain in (
                '{"not": "a file"}',
                "{",
                json.dumps({"content": "x", "file": {"public_url": "https://a.b"}}),
            ):
                await ws.say(type="message", content=plain)
                assert (await ws.until("message"))["content"] == plain

    run(talk)
    assert Attachment.objects.count() == 1
    saved: Any = angular(seller).get(public_url)
    assert b"".join(saved.streaming_content) == PDF
