"""`/ws/chat/{room_id}`, row by row, with bytes as the Swift client sends them."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.services import sessions
from chat.models import Member, Message, Room
from chat.services import groups, sending
from chat.services.sending import Draft
from chat.tests.sockets import in_thread, run, signed_in, token_of
from marketplace.contracts.tests.clients import Ear, bearer, listening, refused

LOGIN = "/api/auth/login"
CHAT_MESSAGE = {"type": str, "room_id": int, "sender": str, "message": str, "timestamp": str}


def as_swift_reads(frame: dict[str, Any]) -> bool:
    """`try? JSONDecoder().decode(ChatMessage.self, from: data)`: whatever its type says."""
    return all(type(frame.get(name)) is kind for name, kind in CHAT_MESSAGE.items())


async def send_message(ear: Ear, content: str) -> None:
    """`webSocketTask?.send(.data(data))`: a binary frame."""
    await ear.connection.send(json.dumps({"type": "message", "content": content}).encode())


@contextlib.asynccontextmanager
async def both(address: str, room: Room, tokens: list[str]) -> AsyncIterator[tuple[Ear, Ear]]:
    """Both are there, and each has heard the other."""
    path = f"/ws/chat/{room.number}"
    async with listening(address, path, tokens[0]) as one, listening(address, path, tokens[1]) as other:
        await send_message(other, "here")
        for each in (one, other):
            await each.until("message", message="here")
        yield one, other


def test_seed_a_message_in_bytes_comes_back_to_its_sender_and_to_the_others(
    address: str, buyer: User, seller: User, general: Room
) -> None:
    """Swift appends only what it receives, so the echo is its own message too. URLSession sends no Origin."""
    tokens = [bearer(buyer, LOGIN), bearer(seller, LOGIN)]

    async def talk() -> None:
        async with both(address, general, tokens) as (one, other):
            await send_message(one, "Hello, world!")
            for each in (one, other):
                shown = await each.until("message", message="Hello, world!")
                assert shown.keys() == CHAT_MESSAGE.keys()
                assert as_swift_reads(shown)
                assert (shown["room_id"], shown["sender"]) == (general.number, "buyer")
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", shown["timestamp"])
            await other.say(type="message", content="as text")
            assert (await one.until("message", sender="seller"))["message"] == "as text"

    run(talk)
    assert Message.objects.filter(room=general).count() == 3


def test_seed_typing_has_no_flag_and_is_told_to_the_others_only(
    address: str, buyer: User, seller: User, general: Room
) -> None:
    tokens = [bearer(buyer, LOGIN), bearer(seller, LOGIN)]

    async def talk() -> None:
        async with both(address, general, tokens) as (one, other):
            await one.connection.send(b'{"type": "typing"}')
            assert await other.until("typing") == {"type": "typing", "room_id": general.number, "sender": "buyer"}
            await send_message(one, "done")
            await one.until("message", message="done")
            assert "typing" not in one.kinds()

    run(talk)


def test_swift_no_other_frame_looks_like_a_message(address: str, buyer: User, seller: User, general: Room) -> None:
    """Nor does a newcomer hear what was said before: the client reads that over HTTP."""
    tokens = [bearer(buyer, LOGIN), bearer(seller, LOGIN)]
    sending.send(general.owner, general.pk, Draft("long ago"))  # type: ignore[arg-type]  # a group has an owner

    async def talk() -> None:
        async with both(address, general, tokens) as (one, other):
            await one.say(type="typing")
            await other.until("typing")
            for wrong in ({"type": "message", "content": ""}, {"type": "message"}, {"type": "shout"}, {}):
                await other.say(**wrong)
                error = await other.until("error")
                assert error.keys() == {"type", "detail", "code"}
            await other.connection.send(b"not json")
            await other.until("error", code="bad_json")
            async with listening(address, f"/ws/chat/{general.number}", tokens[0]) as third:
                await send_message(third, "last")
                await other.until("message", message="last")
        told = [frame for ear in (one, other) for frame in ear.heard]
        assert {frame["type"] for frame in told} == {"message", "typing", "error"}
        for frame in told:
            assert as_swift_reads(frame) is (frame["type"] == "message"), frame
        assert "long ago" not in {frame.get("message") for frame in told}

    run(talk)


def test_ours_connecting_makes_a_member_of_an_open_room_and_of_who_was_invited(
    address: str, buyer: User, seller: User, stranger: User, general: Room, secret: Room
) -> None:
    """There is no door for joining in this family."""
    groups.invite(buyer, secret.pk, seller)
    token, uninvited = bearer(seller, LOGIN), bearer(stranger, LOGIN)

    async def talk() -> None:
        for room in (general, secret):
            async with listening(address, f"/ws/chat/{room.number}/", token) as ear:
                await send_message(ear, "hello")
                await ear.until("message")
        assert await refused(address, f"/ws/chat/{secret.number}", uninvited) == 403

    run(talk)
    assert Member.objects.filter(user=seller, state=Member.State.ACTIVE).count() == 2
    assert not Member.objects.filter(user=stranger).exists()


def test_ours_who_may_not_enter_is_refused_before_anything_is_accepted(
    address: str, buyer: User, stranger: User, secret: Room, general: Room
) -> None:
    """A bad token, a room that is not there, one that is not yours, one of another kind, a page from elsewhere."""
    tokens = bearer(buyer, LOGIN), bearer(stranger, LOGIN)
    groups.join(buyer, general.pk)
    groups.remove(general.owner, general.pk, buyer.pk, for_good=True)  # type: ignore[arg-type]

    async def talk() -> None:
        attempts = [
            ("nonsense", general.number, {}),
            ("", general.number, {}),
            (tokens[1], 987_654_321, {}),
            (tokens[1], secret.number, {}),
            (tokens[0], general.number, {}),
            (tokens[1], general.number, {"origin": "https://evil.example"}),
        ]
        for token, number, options in attempts:
            assert await refused(address, f"/ws/chat/{number}", token, **options) == 403
        good = {"origin": address}
        assert await refused(address, f"/ws/chat/{general.number}", tokens[1], **good) == 101

    run(talk)


def test_rooms_of_other_kinds_have_no_number_here(address: str, buyer: User, seller: User) -> None:
    """What buyer and seller say about a listing is another space of numbers, one letter away."""
    from chat.services import opening

    direct, _ = opening.between(buyer, seller)
    token = bearer(buyer, LOGIN)
    assert run(lambda: refused(address, f"/ws/chat/{direct.number}", token)) == 403


def test_a_session_that_ends_takes_its_socket_along_with_the_standards_code(
    address: str, buyer: User, general: Room
) -> None:
    """1008, also for what is above 4000 on `/v1/ws`."""
    token = bearer(buyer, LOGIN)

    async def talk() -> None:
        async with listening(address, f"/ws/chat/{general.number}", token) as ear:
            await send_message(ear, "hello")
            await ear.until("message")
            await in_thread(sessions.end_sessions, buyer, by="logout", now=timezone.now())
            await in_thread(tell_the_hubs)
            assert await ear.close_code() == 1008

    run(talk)


def tell_the_hubs() -> None:
    """What a worker does with the event."""
    from chat import announcing
    from marketplace.common.models import OutboxEvent

    event = OutboxEvent.objects.get(kind="session.ended")
    announcing.to_hubs({"type": event.kind, **event.payload})


def test_a_token_of_another_family_opens_it_too(address: str, buyer: User, general: Room) -> None:
    token = token_of(buyer)
    assert run(lambda: refused(address, f"/ws/chat/{general.number}", token)) == 101


def test_frames_beyond_64_kib_end_the_socket_and_texts_beyond_8000_are_told(
    address: str, buyer: User, general: Room
) -> None:
    token = bearer(buyer, LOGIN)

    async def talk() -> None:
        async with listening(address, f"/ws/chat/{general.number}", token) as ear:
            await send_message(ear, "x" * 8_000)
            await ear.until("message")
            await send_message(ear, "x" * 8_001)
            await ear.until("error")
            await ear.connection.send(b"x" * 65_537)
            assert await ear.close_code() == 1009

    run(talk)


def test_typing_of_another_family_is_told_here_in_these_words(
    address: str, buyer: User, seller: User, general: Room, make_person: Callable[..., User]
) -> None:
    groups.join(seller, general.pk)
    tokens = bearer(buyer, LOGIN), token_of(seller)

    async def talk() -> None:
        async with (
            listening(address, f"/ws/chat/{general.number}", tokens[0]) as ear,
            signed_in(address, tokens[1]) as product,
        ):
            start = (await product.follow(general.pk))["last_seq"]
            await send_message(ear, "ready")
            await product.reach(general.pk, start + 1)
            await product.say("typing", room=general.pk, is_typing=True)
            assert (await ear.until("typing"))["sender"] == "seller"
            await product.say("typing", room=general.pk, is_typing=False)
            await product.ask("send", "ack", room=general.pk, client_id="1", content="end")
            await ear.until("message", message="end")
            assert ear.kinds().count("typing") == 1, "this family knows no end of typing"

    run(talk)
