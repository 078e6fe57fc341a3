"""People talk over `/v1/ws`: everybody sees everything once, in the same order, whatever is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from accounts.models import User
from chat import announcing
from chat.models import Message, Room
from chat.realtime import hub as hubs
from chat.services import groups, log
from chat.tests.sockets import in_thread, run, send_many, signed_in, token_of


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
