"""People talk over `/v1/ws`: everybody sees everything once, in the same order, whatever is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError

from accounts.models import User
from chat import announcing
from chat.frames import Frame
from chat.models import Message, Room
from chat.realtime import hub as hubs
from chat.realtime.limits import Limits
from chat.services import access, groups, log, sending
from chat.services.sending import Draft
from chat.tests.sockets import in_thread, run, signed_in, token_of


def send_many(sender: User, room: Room, count: int) -> None:
    for number in range(count):
        sending.send(sender, room.pk, Draft(f"{number}"))


def test_a_message_is_acknowledged_and_seen_by_both(address: str, buyer: User, seller: User, room: Room) -> None:
    tokens = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, signed_in(address, tokens[1]) as other:
            for each in (one, other):
                shown = await each.follow(room.pk)
                assert (shown["last_seq"], shown["epoch"], shown["resumed"]) == (0, str(room.epoch), False)
            await one.say("send", room=room.pk, client_id="a1", content="¿sigue en venta?")
            said = await other.reach(room.pk, 1)
            assert (said["seq"], said["message"]["content"]) == (1, "¿sigue en venta?")
            while one.seqs(room.pk) != [1] or "ack" not in {shown["type"] for shown in one.heard}:
                await one.next()
            ack = next(shown for shown in one.heard if shown["type"] == "ack")
            assert (ack["client_id"], ack["seq"], ack["duplicate"], ack["room"]) == ("a1", 1, False, str(room.pk))
            again = await one.ask("send", "ack", room=room.pk, client_id="a1", content="¿sigue en venta?")
            assert (again["id"], again["seq"], again["duplicate"]) == (ack["id"], 1, True)
            assert ack["id"] == said["message"]["id"]
            assert await other.silent(0.2)

    run(talk)
    assert Message.objects.count() == 1


def test_two_processes_tell_the_same_story(
    address: str, other_address: str, buyer: User, seller: User, room: Room
) -> None:
    tokens = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, signed_in(other_address, tokens[1]) as other:
            await one.follow(room.pk)
            await other.follow(room.pk)
            await asyncio.gather(
                in_thread(send_many, buyer, room, 20),
                in_thread(send_many, seller, room, 20),
            )
            for each in (one, other):
                await each.reach(room.pk, 40)
                assert each.seqs(room.pk) == list(range(1, 41))

    run(talk)


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


def test_who_is_removed_sees_their_removal_and_nothing_after_it(
    address: str, buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller, is_private=True)
    token = token_of(seller)
    start = group.last_seq

    def twenty_and_a_removal() -> None:
        send_many(buyer, group, 10)
        groups.remove(buyer, group.pk, seller.pk)
        send_many(buyer, group, 10)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(group.pk, since=start)
            await in_thread(twenty_and_a_removal)
            shown = await one.until("unsubscribed")
            assert (shown["reason"], shown["last_seq"]) == ("removed", start + 11)
            assert await one.silent(0.3)
            assert max(one.seqs(group.pk)) == start + 11
            refused = await one.ask("subscribe", "error", room=group.pk, since=start)
            assert refused["code"] == "chat_not_found"
            refused = await one.ask("send", "error", room=group.pk, client_id="x", content="hello?")
            assert (refused["code"], refused["client_id"]) == ("not_in_chat", "x")

    run(talk)


def test_who_comes_back_sees_what_is_said_from_then_on(
    address: str, buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller, is_private=True)
    groups.remove(buyer, group.pk, seller.pk)
    send_many(buyer, group, 5)
    groups.invite(buyer, group.pk, seller)
    groups.join(seller, group.pk)
    joined = log.watermarks([group.pk])[group.pk][1]
    token = token_of(seller)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await one.follow(group.pk, since=0)
            await in_thread(send_many, buyer, group, 1)
            await one.reach(group.pk, joined + 1)
            assert one.seqs(group.pk) == [joined, joined + 1]

    run(talk)


def test_a_room_that_becomes_private_puts_its_guests_out(
    address: str, buyer: User, seller: User, stranger: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller)
    tokens = token_of(stranger), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as guest, signed_in(address, tokens[1]) as member:
            await guest.follow(group.pk)
            await member.follow(group.pk)
            await in_thread(groups.change, buyer, group.pk, is_private=True)
            await in_thread(send_many, buyer, group, 1)
            assert (await guest.until("unsubscribed"))["reason"] == "private"
            await member.reach(group.pk, group.last_seq + 2)
            assert await guest.silent(0.2)
            assert "message.created" not in {shown["type"] for shown in guest.heard}

    run(talk)


def test_T33_a_stranger_neither_follows_nor_writes(address: str, stranger: User, buyer: User, room: Room) -> None:
    tokens = token_of(stranger), token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, signed_in(address, tokens[1]) as other:
            await other.follow(room.pk)
            assert (await one.ask("subscribe", "error", room=room.pk))["code"] == "chat_not_found"
            await one.say("send", room=room.pk, client_id="x", content="hi", sender=str(buyer.pk))
            assert (await one.until("error"))["code"] == "not_in_chat"
            for wish in ("typing", "users_online", "unsubscribe"):
                assert (await one.ask(wish, "error", room=room.pk))["code"] == "not_subscribed"
            assert (await one.ask("read", "error", room=room.pk, seq=1))["code"] == "chat_not_found"
            assert await other.silent(0.2)

    run(talk)
    assert not Message.objects.exists()


def test_typing_and_reading_pass_by(address: str, buyer: User, seller: User, room: Room) -> None:
    tokens = token_of(buyer), token_of(seller)
    send_many(seller, room, 3)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, signed_in(address, tokens[1]) as other:
            await one.follow(room.pk)
            await other.follow(room.pk)
            await other.reach(room.pk, 3)  # what passes by is not kept for who is still catching up
            for is_typing in (True, True, True, False):
                await one.say("typing", room=room.pk, is_typing=is_typing)
            first = await other.until("typing")
            assert (first["user"]["username"], first["is_typing"]) == ("buyer", True)
            assert (await other.until("typing"))["is_typing"] is False
            await one.say("read", room=room.pk, seq=2)
            shown = await other.until("read")
            assert (shown["user_id"], shown["seq"]) == (str(buyer.pk), 2)
            assert (await one.until("marked"))["seq"] == 2
            assert (await one.ask("read", "marked", room=room.pk, seq=1))["seq"] == 2
            assert (await one.ask("delivered", "marked_delivered", room=room.pk, seq=3))["seq"] == 3

    run(talk)


def test_what_is_told_to_a_person_reaches_all_their_sockets(
    address: str, other_address: str, buyer: User, stranger: User
) -> None:
    tokens = token_of(buyer), token_of(stranger)
    word = {"type": "order.changed", "order_id": str(uuid4()), "status": "paid", "version": 2}

    async def talk() -> None:
        async with (
            signed_in(address, tokens[0]) as one,
            signed_in(other_address, tokens[0]) as two,
            signed_in(address, tokens[1]) as other,
        ):
            await asyncio.sleep(0.2)
            await in_thread(announcing.to_person, buyer.pk, word)
            for each in (one, two):
                assert await each.until("order.changed") == word
            assert await other.silent(0.2)

    run(talk)


def test_nothing_stays_of_a_socket_that_has_gone(address: str, buyer: User, room: Room) -> None:
    token = token_of(buyer)

    async def talk() -> Any:
        for _ in range(15):
            async with signed_in(address, token) as one:
                await one.follow(room.pk)
        await asyncio.sleep(0.5)

    run(talk)
    hub = next(iter(hubs._hubs.values()))
    assert (dict(hub.rooms), dict(hub.sockets), dict(hub.people), dict(hub.addresses)) == ({}, {}, {}, {})
    heard = next(iter(hub.layer._by_loop.values()))
    assert set(heard.groups) == set(heard.link._wanted) == {announcing.CONTROL}
