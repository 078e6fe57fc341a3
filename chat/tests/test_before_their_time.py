"""Who comes into a private group later sees that something happened to older messages, and not what those said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Room
from chat.services import access, changing, groups, log, sending
from chat.services.sending import Draft
from chat.tests.sockets import in_thread, run, token_of
from chat.tests.sockets import signed_in as socket_of

SECRET = "said among two"


@pytest.fixture
def group(buyer: User, seller: User, make_group: Callable[..., Room]) -> Room:
    return make_group(buyer, seller, is_private=True)


def say_it(buyer: User, group: Room) -> sending.Sent:
    return sending.send(buyer, group.pk, Draft(SECRET))


def let_in(stranger: User, group: Room) -> None:
    assert group.owner is not None
    groups.invite(group.owner, group.pk, stranger)
    groups.join(stranger, group.pk)


@pytest.mark.django_db
def test_T33_what_happens_to_older_messages_does_not_tell_a_newcomer_what_they_said(
    buyer: User, seller: User, stranger: User, group: Room, signed_in: Callable[[User], APIClient]
) -> None:
    said = say_it(buyer, group)
    let_in(stranger, group)
    changing.react(seller, said.message_id, "👍")

    page = signed_in(stranger).get(f"/v1/rooms/{group.pk}/events", {"since": 0})
    old = signed_in(seller).get(f"/v1/rooms/{group.pk}/events", {"since": 0})

    event = page.json()["events"][-1]
    assert event["type"] == "reaction.added"
    assert "message" not in event
    assert SECRET not in page.content.decode()
    assert SECRET in old.content.decode()
    frames = log.after(access.standing(stranger.pk, group.pk), 0)
    assert frames[-1].type == "reaction.added"
    assert not any(SECRET.encode() in frame.text + frame.numbers for frame in frames)


def test_T33_nor_over_the_socket_while_it_happens_or_afterwards(
    address: str, buyer: User, seller: User, stranger: User, group: Room
) -> None:
    said = say_it(buyer, group)
    let_in(stranger, group)
    group.refresh_from_db()
    last = group.last_seq
    tokens = token_of(stranger), token_of(seller)

    async def talk() -> None:
        async with socket_of(address, tokens[0]) as newcomer, socket_of(address, tokens[1]) as old:
            for each in (newcomer, old):
                await each.follow(group.pk)
            await in_thread(changing.react, seller, said.message_id, "👍")
            seen = await newcomer.reach(group.pk, last + 1)
            assert seen["type"] == "reaction.added"
            assert "message" not in seen
            assert (await old.reach(group.pk, last + 1))["message"]["content"] == SECRET
        async with socket_of(address, tokens[0]) as again:
            await again.follow(group.pk, since=last)
            assert "message" not in await again.reach(group.pk, last + 1)

    run(talk)


def test_T33_nor_when_an_open_group_becomes_private_before_their_eyes(
    address: str, buyer: User, stranger: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer)
    said = say_it(buyer, group)
    groups.join(stranger, group.pk)
    group.refresh_from_db()
    last, token = group.last_seq, token_of(stranger)

    async def talk() -> None:
        async with socket_of(address, token) as newcomer:
            await newcomer.follow(group.pk)
            for is_private, number in ((True, last + 2), (False, last + 4)):
                await in_thread(groups.change, buyer, group.pk, is_private=is_private)
                await in_thread(changing.react, buyer, said.message_id, chr(0x1F400 + number))
                assert ("message" in await newcomer.reach(group.pk, number)) is not is_private

    run(talk)


def test_T33_nor_to_a_guest_who_joins_it_just_before(
    address: str, buyer: User, stranger: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer)
    said = say_it(buyer, group)
    token = token_of(stranger)

    async def talk() -> None:
        async with socket_of(address, token) as guest:
            last = (await guest.follow(group.pk))["last_seq"]
            await in_thread(groups.join, stranger, group.pk)
            await in_thread(groups.change, buyer, group.pk, is_private=True)
            await in_thread(changing.react, buyer, said.message_id, "👍")
            assert "message" not in await guest.reach(group.pk, last + 3)
            after = await in_thread(say_it, buyer, group)
            assert (await guest.reach(group.pk, after.seq))["message"]["content"] == SECRET

    run(talk)
