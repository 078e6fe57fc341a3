"""Who comes back, or was never told, has everything once and in order all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import OperationalError

from accounts.models import User
from chat import announcing
from chat.frames import Frame
from chat.models import Room
from chat.realtime.limits import Limits
from chat.services import access
from chat.tests.sockets import in_thread, run, send_many, signed_in, token_of


def test_resuming_brings_exactly_what_was_missed(address: str, buyer: User, room: Room) -> None:
    token = token_of(buyer)
    send_many(buyer, room, 130)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            shown = await one.follow(room.pk, since=10, epoch=str(room.epoch))
            assert (shown["resumed"], shown["last_seq"]) == (True, 130)
            await in_thread(send_many, buyer, room, 2)
            await one.reach(room.pk, 132)
            assert one.seqs(room.pk) == list(range(11, 133))
            assert max(len(shown["events"]) for shown in one.heard if shown["type"] == "events") == 50

    run(talk)


def test_a_newcomer_is_shown_the_last_fifty(address: str, buyer: User, room: Room) -> None:
    token = token_of(buyer)
    send_many(buyer, room, 60)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(room.pk)
            await one.until("events")
            assert one.seqs(room.pk) == list(range(11, 61))

    run(talk)


@pytest.mark.parametrize(
    ("since", "epoch", "reason"),
    [(0, None, "too_far"), (900, None, "ahead"), (500, "5f0ec5b8-0000-0000-0000-000000000000", "epoch")],
)
def test_a_place_that_cannot_be_resumed_is_said_to_be_lost(
    address: str, buyer: User, room: Room, since: int, epoch: str | None, reason: str
) -> None:
    token = token_of(buyer)
    Room.objects.filter(pk=room.pk).update(last_seq=600)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            shown = await one.ask("subscribe", "resync", room=room.pk, since=since, epoch=epoch)
            assert (shown["reason"], shown["last_seq"], shown["epoch"]) == (reason, 600, str(room.epoch))
            assert (await one.until("subscribed"))["resumed"] is False
            await in_thread(send_many, buyer, room, 1)
            await one.reach(room.pk, 601)

    run(talk)


@pytest.mark.parametrize("since", [-1, "ten", 1.5, True, 2**60])
def test_a_place_that_is_no_place_is_an_error(address: str, buyer: User, room: Room, since: object) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            shown = await one.ask("subscribe", "error", room=room.pk, since=since)
            assert (shown["code"], shown["field"]) == ("bad_frame", "since")
            await one.follow(room.pk)

    run(talk)


def test_many_rooms_are_resumed_in_one_frame(
    address: str, buyer: User, room: Room, make_group: Callable[..., Room]
) -> None:
    group, token = make_group(buyer), token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            absent = "00000000-0000-7000-8000-000000000000"
            await one.say("resume", rooms=[{"room": key, "since": 0} for key in (room.pk, absent, group.pk)])
            assert (await one.until("subscribed"))["room"] == str(room.pk)
            refused = await one.until("error")
            assert (refused["code"], refused["room"]) == ("chat_not_found", absent)
            assert (await one.until("subscribed"))["room"] == str(group.pk)
            shown = await one.ask("ping", "pong")
            assert shown["rooms"] == {str(room.pk): 0, str(group.pk): group.last_seq}

    run(talk)


def test_in_trouble_every_room_of_a_resume_is_told_and_nothing_is_asked_again(
    address: str, buyer: User, room: Room, make_group: Callable[..., Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    group, token, asked = make_group(buyer), token_of(buyer), []

    def away(user_id: object, room_id: object) -> object:
        asked.append(room_id)
        raise OperationalError("the server is gone")

    async def talk() -> None:
        async with signed_in(address, token) as one:
            with monkeypatch.context() as patch:
                patch.setattr(access, "standing", away)
                await one.say("resume", rooms=[{"room": key, "since": 0} for key in (room.pk, group.pk)])
                errors = [await one.until("error") for _ in range(2)]
            assert [(each["code"], each["room"]) for each in errors] == [
                ("unavailable", str(room.pk)),
                ("unavailable", str(group.pk)),
            ]
            assert asked == [room.pk]
            assert (await one.ask("ping", "pong"))["rooms"] == {}

    run(talk)


def _every_third_hint_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    now = announcing.now

    def lossy(frame: Frame) -> None:
        if frame.seq % 3:
            now(frame)

    monkeypatch.setattr(announcing, "now", lossy)


def test_hints_that_get_lost_are_made_good_from_the_log(
    address: str, buyer: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(buyer)
    _every_third_hint_is_lost(monkeypatch)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(room.pk)
            await in_thread(send_many, buyer, room, 20)
            await one.reach(room.pk, 20)
            assert one.seqs(room.pk) == list(range(1, 21))

    run(talk)


def test_the_last_hint_is_missed_at_most_until_the_next_look(
    address: str, buyer: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(buyer)
    monkeypatch.setattr(announcing, "now", lambda frame: None)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(room.pk)
            await in_thread(send_many, buyer, room, 1)
            await one.reach(room.pk, 1, seconds=7)

    run(talk)


def test_hints_that_overtake_each_other_or_come_twice_change_nothing(
    address: str, buyer: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(buyer)
    kept: list[Frame] = []
    now = announcing.now
    monkeypatch.setattr(announcing, "now", kept.append)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(room.pk)
            await in_thread(send_many, buyer, room, 6)
            for index in (1, 0, 0, 2, 5, 4, 3, 2):
                await in_thread(now, kept[index])
            await one.reach(room.pk, 6)
            assert one.seqs(room.pk) == [1, 2, 3, 4, 5, 6]
            assert await one.silent(0.2)

    run(talk)


def test_a_hint_that_was_never_committed_is_dropped(address: str, buyer: User, room: Room) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(room.pk)
            await in_thread(announcing.now, Frame(room.pk, 99, "message.created", b'{"type":"x"}', b"{}"))
            await in_thread(send_many, buyer, room, 2)
            await one.reach(room.pk, 2)
            assert await one.silent(0.2)
            assert one.seqs(room.pk) == [1, 2]

    run(talk)


def test_another_log_is_told_to_everybody(
    address: str, buyer: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(buyer)
    monkeypatch.setattr("chat.realtime.hub.current", lambda: Limits(10, 200, 0.0, watermark_seconds=0.5))

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(room.pk)
            other = "11111111-1111-4111-8111-111111111111"
            await in_thread(Room.objects.filter(pk=room.pk).update, epoch=other, last_seq=40)
            shown = await one.until("resync", seconds=7)
            assert (shown["reason"], shown["last_seq"], shown["epoch"]) == ("epoch", 40, other)
            await in_thread(send_many, buyer, room, 1)
            await one.reach(room.pk, 41)

    run(talk)
