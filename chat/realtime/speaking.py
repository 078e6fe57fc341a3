"""What the sockets of this process say, on its way to the log: as much at once as has come while others were stored.

Nobody waits for company: what comes while a hand is free goes at once. What comes while both are busy, or while its
room is being written in, gathers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User
from chat.realtime.commands import Say
from chat.realtime.threads import in_thread
from chat.services import entering, numbered, sending, together
from chat.services.access import MOST_TOGETHER
from chat.services.errors import NotInChat
from chat.services.sending import Draft, Sent
from chat.services.together import Saying
from marketplace.common import ratelimit

HANDS = 2  # one is at the database while the other is at the processor


@dataclass(frozen=True)
class Wish:
    person: User
    said: Say
    outcome: asyncio.Future[Sent]

    @property
    def room_id(self) -> UUID:
        return self.said.room_id

    def settle(self, outcome: Sent | Exception) -> None:
        if self.outcome.done():  # whoever waited has gone
            return
        if isinstance(outcome, Exception):
            self.outcome.set_exception(outcome)
        else:
            self.outcome.set_result(outcome)


Outcome = Sent | Exception | None  # None: it has passed the limit, and has to be said alone


class Speaking:
    """One of each hub. For it a room is written in by one thread at a time, and what comes later is stored later."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, deque[Wish]] = {}
        self._ready: deque[UUID] = deque()  # rooms in which something waits, and that nobody is at
        self._at_hand: set[UUID] = set()
        self._hands = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def say(self, person: User, said: Say) -> Sent:
        wish = Wish(person, said, asyncio.get_running_loop().create_future())
        queue = self._waiting.setdefault(said.room_id, deque())
        queue.append(wish)
        if len(queue) == 1 and said.room_id not in self._at_hand:
            self._make_ready(said.room_id)
        return await wish.outcome

    def _make_ready(self, room_id: UUID) -> None:
        self._ready.append(room_id)
        if self._hands < HANDS:
            self._hands += 1
            self._begin(self._work())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            while wishes := self._next():
                await self._store(wishes)
        finally:
            self._hands -= 1  # at once: whoever comes now is not left to a hand that has gone

    def _next(self) -> list[Wish]:
        chosen: list[Wish] = []
        while self._ready and len(chosen) < MOST_TOGETHER:
            room_id = self._ready.popleft()
            queue = self._waiting[room_id]
            while queue and len(chosen) < MOST_TOGETHER:
                chosen.append(queue.popleft())
            if not queue:
                del self._waiting[room_id]
            self._at_hand.add(room_id)
        return chosen

    async def _store(self, wishes: Sequence[Wish]) -> None:
        """What has to be said alone keeps its room, and nobody else's hand."""
        left: dict[UUID, list[Wish]] = {wish.room_id: [] for wish in wishes}
        outcomes = await _outcomes(wishes)
        for wish, outcome in zip(wishes, outcomes, strict=True):
            if outcome is None:
                left[wish.room_id].append(wish)
            else:
                wish.settle(outcome)
        for room_id, alone in left.items():
            if alone:
                self._begin(self._one_by_one(room_id, alone))
            else:
                self._release(room_id)

    async def _one_by_one(self, room_id: UUID, wishes: Iterable[Wish]) -> None:
        for wish in wishes:
            try:
                wish.settle(await in_thread(_alone, wish.person, wish.said))
            except Exception as error:
                wish.settle(error)
        self._release(room_id)

    def _release(self, room_id: UUID) -> None:
        self._at_hand.discard(room_id)
        if room_id in self._waiting:
            self._make_ready(room_id)


async def _outcomes(wishes: Sequence[Wish]) -> list[Outcome]:
    try:
        return await in_thread(_stored, wishes)
    except Exception as error:
        return [error] * len(wishes)


def _stored(wishes: Sequence[Wish]) -> list[Outcome]:
    tickets = ratelimit.take_each("chat_send", [str(wish.person.pk) for wish in wishes])
    outcomes: list[Outcome] = [ratelimit.refusal_of(ticket) for ticket in tickets]
    simple = [place for place, wish in enumerate(wishes) if outcomes[place] is None and not wish.said.files]
    sayings = [Saying(wish.person, wish.room_id, _draft(wish.said)) for wish in (wishes[place] for place in simple)]
    for place, outcome in zip(simple, _together(sayings), strict=True):
        comes_in = wishes[place].said.comes_in and isinstance(outcome, NotInChat)
        outcomes[place] = None if comes_in else outcome
    return outcomes


def _together(sayings: Sequence[Saying]) -> Sequence[Outcome]:
    try:
        return together.send(sayings)
    except Exception as error:  # theirs alone: who was refused, or has files, has nothing to do with it
        return [error] * len(sayings)


def _alone(person: User, said: Say) -> Sent:
    send = entering.say if said.comes_in else sending.send
    return send(person, said.room_id, _draft(said, numbered.own_files(person, said.files)))


def _draft(said: Say, files: tuple[UUID, ...] = ()) -> Draft:
    return Draft(said.content, said.kind, said.client_id, said.reply_to_seq, said.data, files)
