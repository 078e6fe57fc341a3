"""How far somebody has read is written once a second at most, and nothing of it gets lost."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from chat.models import Member, Room
from chat.realtime.limits import Limits
from chat.services import sending
from chat.services.sending import Draft
from chat.tests.sockets import in_thread, run, signed_in, token_of


def _marks(heard: list[dict[str, Any]], kind: str) -> list[int]:
    return [shown["seq"] for shown in heard if shown["type"] == kind]


@pytest.fixture
def said(seller: User, room: Room) -> None:
    for number in range(5):
        sending.send(seller, room.pk, Draft(f"{number}"))


@pytest.mark.usefixtures("said")
def test_of_many_marks_the_first_and_the_furthest_are_told(
    address: str, buyer: User, seller: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.realtime.hub.current", lambda: Limits(10, 200, 0.0, mark_seconds=0.3))
    tokens = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one, signed_in(address, tokens[1]) as other:
            await one.follow(room.pk)
            await other.follow(room.pk)
            await other.reach(room.pk, 5)  # what only passes by is not kept for who is still catching up
            for seq in (1, 2, 4, 3):
                await one.say("read", room=room.pk, seq=seq)
            await one.say("delivered", room=room.pk, seq=5)  # another mark, which waits for none
            await one.until("marked_delivered")
            assert _marks(one.heard, "marked") == [1]
            await one.until("marked")
            await other.until("read", seq=4)
            assert (_marks(one.heard, "marked"), _marks(other.heard, "read")) == ([1, 4], [1, 4])
            assert (await one.ask("read", "marked", room=room.pk, seq=5))["seq"] == 5

    run(talk)


@pytest.mark.usefixtures("said")
def test_what_was_read_before_the_line_broke_stays_read(address: str, buyer: User, seller: User, room: Room) -> None:
    tokens = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[1]) as other:
            await other.follow(room.pk)
            await other.reach(room.pk, 5)
            async with signed_in(address, tokens[0]) as one:
                await one.ask("read", "marked", room=room.pk, seq=1)
                await one.say("read", room=room.pk, seq=4)
            await other.until("read", seq=4)
            marks = Member.objects.filter(room=room.pk, user=buyer).values_list("last_read_seq", flat=True)
            assert await in_thread(marks.get) == 4

    run(talk)
