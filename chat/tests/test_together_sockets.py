"""What many sockets say at the same moment goes together, and each learns what became of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import User
from chat.models import Message, Room
from chat.realtime.commands import Say
from chat.realtime.speaking import Speaking
from chat.realtime.threads import threads
from chat.services import together
from chat.services.sending import Sent
from chat.services.together import Saying
from chat.tests.sockets import Shown, run, signed_in, token_of
from marketplace.common import ratelimit
from marketplace.common.errors import TooManyRequests
from marketplace.common.postgis import fixed

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_limit(settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "chat_send": "off"}


@pytest.fixture
def batches(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many were said together, each time."""
    seen: list[int] = []
    store = together.send

    def noted(sayings: list[Saying]) -> object:
        seen.append(len(sayings))
        return store(sayings)

    monkeypatch.setattr(together, "send", noted)
    yield seen
    threads.stop()


def test_what_comes_while_others_are_stored_goes_together(
    no_limit: None,
    batches: list[int],
    buyer: User,
    seller: User,
    room: Room,
    direct: Room,
    make_group: Callable[..., Room],
) -> None:
    rooms = [room, *(make_group(buyer, seller) for _ in range(5))]

    async def crowd() -> list[tuple[object, int]]:
        mouth = Speaking()
        says = [
            mouth.say(person, Say(each.pk, "hola")) for _ in range(4) for person in (buyer, seller) for each in rooms
        ]
        return [(sent.room_id, sent.seq) for sent in await asyncio.gather(*says)]

    before = {each.pk: each.last_seq for each in rooms}
    places = run(crowd)
    assert sorted(places, key=str) == sorted(((k, s + n) for k, s in before.items() for n in range(1, 9)), key=str)
    assert sum(batches) == 48
    assert len(batches) <= 4


def test_each_person_has_a_limit_of_their_own(
    batches: list[int], buyer: User, seller: User, room: Room, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "chat_send": "2/minute"}
    for person in (buyer, seller):
        ratelimit.forget_key(f"limit:chat_send:{person.pk}")

    async def crowd() -> list[object]:
        mouth = Speaking()
        says = [mouth.say(person, Say(room.pk, "hola")) for person in (buyer, seller, buyer, buyer)]
        return await asyncio.gather(*says, return_exceptions=True)

    told = run(crowd)
    assert [type(each) for each in told] == [Sent, Sent, Sent, TooManyRequests]
    assert Message.objects.count() == 3


def test_a_database_that_is_away_is_told_to_those_who_needed_it(
    batches: list[int],
    buyer: User,
    seller: User,
    room: Room,
    direct: Room,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "chat_send": "2/minute"}
    for person in (buyer, seller):
        ratelimit.forget_key(f"limit:chat_send:{person.pk}")

    def away(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    async def crowd() -> list[object]:
        mouth = Speaking()
        with monkeypatch.context() as patch:
            patch.setattr(fixed, "change_all", away)
            says = [mouth.say(buyer, Say(each.pk, "hola")) for each in (room, direct, direct)]
            told = await asyncio.gather(*says, return_exceptions=True)
        return [*told, (await mouth.say(seller, Say(room.pk, "otra vez"))).seq]

    told = [each if isinstance(each, int) else type(each) for each in run(crowd)]
    assert told == [OperationalError, OperationalError, TooManyRequests, 1]


def test_who_goes_while_it_is_stored_stops_nobody(
    no_limit: None, batches: list[int], buyer: User, seller: User, room: Room
) -> None:
    async def crowd() -> list[int]:
        mouth = Speaking()
        gone = asyncio.create_task(mouth.say(buyer, Say(room.pk, "adiós")))
        await asyncio.sleep(0)
        says = [mouth.say(seller, Say(room.pk, text)) for text in ("uno", "@buyer dos", "tres")]
        others = [asyncio.create_task(each) for each in says]
        gone.cancel()
        return [sent.seq for sent in await asyncio.gather(*others)]

    assert run(crowd) == [2, 3, 4]
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == [
        "adiós",
        "uno",
        "@buyer dos",
        "tres",
    ]


def test_what_is_left_is_said_alone_before_anything_else_in_its_room(
    no_limit: None, batches: list[int], buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller)

    async def crowd() -> list[int]:
        mouth = Speaking()
        says = [mouth.say(buyer, Say(group.pk, text)) for text in ("@seller", "@seller", "@seller")]
        first = [asyncio.create_task(each) for each in says]
        await asyncio.sleep(0.02)
        second = [asyncio.create_task(mouth.say(seller, Say(group.pk, "sin llamar"))) for _ in range(3)]
        return [sent.seq for sent in await asyncio.gather(*first, *second)]

    places = run(crowd)
    assert places == sorted(places)


def test_a_crowd_in_two_processes_is_acknowledged_as_it_is_stored(
    no_limit: None, address: str, other_address: str, buyer: User, seller: User, room: Room, direct: Room
) -> None:
    """Eight sockets at once; one of the two is not in the other room, and is told so each time."""
    tokens = {person: token_of(person) for person in (buyer, seller)}

    async def client(door: str, person: User, name: int) -> list[Shown]:
        async with signed_in(door, tokens[person]) as talk:
            for number in range(10):
                place = (room, direct)[number % 2]
                await talk.say("send", room=place.pk, client_id=f"{name}-{number}", content="hola")
            while len(answers := [shown for shown in talk.heard if shown["type"] in ("ack", "error")]) < 10:
                await talk.next()
            return answers

    async def talk() -> list[Shown]:
        doors = [(address, buyer), (other_address, seller), (other_address, buyer), (address, seller)] * 2
        told = await asyncio.gather(*(client(*door, name) for name, door in enumerate(doors)))
        return [answer for mine in told for answer in mine]

    answers = run(talk)
    acknowledged = sorted((shown["room"], shown["seq"]) for shown in answers if shown["type"] == "ack")
    assert acknowledged == sorted((str(r), seq) for r, seq in Message.objects.values_list("room_id", "seq"))
    counts = {room.pk: 40, direct.pk: 20}
    assert acknowledged == sorted((str(key), seq) for key, n in counts.items() for seq in range(1, n + 1))
    assert [shown["code"] for shown in answers if shown["type"] == "error"] == ["not_in_chat"] * 20
