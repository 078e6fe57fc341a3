"""`/api/ws/{room_id}`, row by row, as a browser with the Angular client speaks on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Attachment, Member, Message, Room
from chat.realtime import presence
from chat.services import groups, sending
from chat.services.sending import Draft
from chat.tests.desk import PDF, Desk
from chat.tests.sockets import in_thread, run
from marketplace.contracts.tests.clients import Ear, bearer, listening, refused

LOGIN = "/api/users/login"
Api = Callable[[User], APIClient]


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.2)


def path(room: Room) -> str:
    return f"/api/ws/{room.number}"


async def come_in(ear: Ear) -> Ear:
    await ear.until("users_online")
    return ear


# ── Coming in ────────────────────────────────────────────────────────────────────────────────────


def test_seed_the_newcomer_is_welcomed_and_told_who_is_online_and_the_others_that_they_came(
    address: str, buyer: User, seller: User, general: Room
) -> None:
    tokens = bearer(buyer, LOGIN), bearer(seller, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), tokens[0]) as one:
            welcome, online = await one.next(), await one.next()
            assert welcome.keys() == {"type", "message", "room_id", "user_id", "timestamp"}
            assert (welcome["type"], welcome["room_id"], welcome["user_id"]) == (
                "welcome",
                general.number,
                buyer.number,
            )
            assert "General" in welcome["message"]
            assert online.keys() == {"type", "users", "count", "timestamp"}
            assert (online["type"], online["users"], online["count"]) == ("users_online", [buyer.number], 1)
            async with listening(address, path(general), tokens[1]) as two:
                assert (await two.next())["type"] == "welcome"
                assert set((await two.until("users_online"))["users"]) == {buyer.number, seller.number}
                joined = await one.until("user_joined")
                assert joined.keys() == {"type", "user_id", "timestamp"}
                assert joined["user_id"] == seller.number
            left = await one.until("user_left")
            assert left.keys() == {"type", "user_id", "timestamp"}
            assert left["user_id"] == seller.number
            assert {"user_joined", "user_left"}.isdisjoint(two.kinds()), "nobody is told of themselves"
            assert one.kinds().count("users_online") == 1, "only the newcomer is told all"

    run(talk)


def test_ours_one_person_in_two_tabs_comes_once_and_goes_once(
    address: str, buyer: User, seller: User, general: Room
) -> None:
    """In the family's own server the second tab took the first one's place."""
    tokens = bearer(buyer, LOGIN), bearer(seller, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), tokens[0]) as one:
            await come_in(one)
            async with listening(address, path(general), tokens[1]) as tab:
                await come_in(tab)
                async with listening(address, path(general), tokens[1]) as second:
                    online = await second.until("users_online")
                    assert (set(online["users"]), online["count"]) == ({buyer.number, seller.number}, 2)
                    await tab.say(type="message", content="from one tab")
                    for each in (one, tab, second):
                        await each.until("message", content="from one tab")
                await one.say(type="message", content="after the second tab")
                await tab.until("message", content="after the second tab")
            await one.until("user_left")
            assert one.kinds().count("user_joined") == one.kinds().count("user_left") == 1

    run(talk)


def test_seed_who_may_not_enter_is_refused_in_the_handshake(
    address: str, buyer: User, stranger: User, general: Room, secret: Room
) -> None:
    """So that the Angular client falls back to polling instead of believing itself connected."""
    token = bearer(stranger, LOGIN)

    async def talk() -> None:
        for wrong in ("nonsense", ""):
            assert await refused(address, path(general), wrong) == 403
        for number in (secret.number, 987_654_321):
            assert await refused(address, f"/api/ws/{number}", token) == 403
        assert await refused(address, path(general), token, origin="https://evil.example") == 403
        assert await refused(address, path(general), token, origin="http://localhost:4200") == 101
        assert await refused(address, f"{path(general)}/", token) == 101
        assert await refused(address, "/api/ws/one", token) == 403

    run(talk)


def test_who_was_only_invited_joins_first(address: str, buyer: User, seller: User, secret: Room) -> None:
    groups.invite(buyer, secret.pk, seller)
    token = bearer(seller, LOGIN)
    assert run(lambda: refused(address, path(secret), token)) == 403
    groups.join(seller, secret.pk)
    assert run(lambda: refused(address, path(secret), token)) == 101


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


# ── Leaving, and being put out ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("is_removed", "code"), [(False, 1000), (True, 1008)])
def test_ours_a_socket_ends_with_its_membership(
    address: str, buyer: User, seller: User, secret: Room, is_removed: bool, code: int
) -> None:
    """At 1000 the Angular client stays away; at any other code it tries again, and is refused."""
    groups.invite(buyer, secret.pk, seller)
    groups.join(seller, secret.pk)
    token = bearer(seller, LOGIN)

    async def talk() -> None:
        async with listening(address, path(secret), token) as ws:
            await come_in(ws)
            if is_removed:
                await in_thread(groups.remove, buyer, secret.pk, seller.pk)
            else:
                await in_thread(groups.leave, seller, secret.pk)
            assert await ws.close_code() == code

    run(talk)


# ── Who is online, over HTTP ─────────────────────────────────────────────────────────────────────


def test_angular_asks_over_http_who_is_online(
    address: str, angular: Api, buyer: User, seller: User, stranger: User, general: Room, secret: Room
) -> None:
    """With the header, or with `?token=`; an answer for who may look into the room."""
    tokens, api = (bearer(buyer, LOGIN), bearer(seller, LOGIN)), angular(stranger)
    url = f"/api/ws/rooms/{general.number}/online"
    nobody: dict[str, Any] = {"room_id": general.number, "online_users": [], "count": 0}
    assert APIClient().get(f"{url}?token={tokens[0]}").json() == nobody

    async def talk() -> None:
        async with (
            listening(address, path(general), tokens[0]) as one,
            listening(address, path(general), tokens[1]) as two,
        ):
            await come_in(one)
            await come_in(two)
            facts = (await in_thread(api.get, url)).json()
            assert facts["count"] == 2
            assert {user["username"]: user["id"] for user in facts["online_users"]} == {
                "buyer": buyer.number,
                "seller": seller.number,
            }

    run(talk)
    assert APIClient().get(url).status_code == 401
    assert APIClient().get(f"{url}?token=nonsense").status_code == 401
    assert api.get(f"/api/ws/rooms/{secret.number}/online").status_code == 404


def test_what_was_said_before_is_read_over_http_and_not_told_again(address: str, buyer: User, general: Room) -> None:
    """The Angular client loads it first; it would show it twice."""
    groups.join(buyer, general.pk)
    sending.send(buyer, general.pk, Draft("before"))
    token = bearer(buyer, LOGIN)

    async def talk() -> None:
        async with listening(address, path(general), token) as ws:
            await come_in(ws)
            await ws.say(type="message", content="now")
            assert (await ws.until("message"))["content"] == "now"

    run(talk)
