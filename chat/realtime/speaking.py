"""What the sockets of this process say, on its way to the log: as much at once as has come while others were stored.

Nobody waits for company: what comes alone goes alone and at once. Only while both hands are busy does more gather.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from chat.realtime.commands import Say
from chat.realtime.threads import in_thread
from chat.services import entering, numbered, sending, together
from chat.services.access import MOST_TOGETHER
from chat.services.sending import Draft, Sent
from chat.services.together import Saying
from marketplace.common import ratelimit

HANDS = 2  # one is at the database while the other is at the processor


@dataclass(frozen=True)
class Wish:
    person: User
    said: Say
    outcome: asyncio.Future[Sent | None]


Outcome = Sent | Exception | None  # None: it has passed the limit, and has to be said alone


class Speaking:
    """One of each hub."""

    def __init__(self) -> None:
        self._waiting: deque[Wish] = deque()
        self._rooms: set[UUID] = set()  # at hand: what comes after in a room is not stored beside it
        self._busy: set[asyncio.Task[None] | None] = set()  # hands

    async def say(self, person: User, said: Say) -> Sent:
        wish = Wish(person, said, asyncio.get_running_loop().create_future())
        self._waiting.append(wish)
        self._lend_a_hand()
        sent = await wish.outcome
        return sent if sent is not None else await in_thread(_alone, person, said)

    def _lend_a_hand(self) -> None:
        if len(self._busy) < HANDS:
            self._busy.add(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        while wishes := self._next():
            rooms = {wish.said.room_id for wish in wishes}
            self._rooms |= rooms
            await _answer(wishes)
            self._rooms -= rooms
        self._busy.discard(asyncio.current_task())  # at once: whoever comes now is not left to a hand that has gone

    def _next(self) -> list[Wish]:
        """Whose room is at hand keeps their place."""
        chosen: list[Wish] = []
        kept: list[Wish] = []
        while self._waiting and len(chosen) < MOST_TOGETHER:
            wish = self._waiting.popleft()
            (kept if wish.said.room_id in self._rooms else chosen).append(wish)
        self._waiting.extendleft(reversed(kept))
        return chosen


async def _answer(wishes: Sequence[Wish]) -> None:
    try:
        outcomes = await in_thread(_stored, wishes)
    except Exception as error:
        outcomes = [error] * len(wishes)
    for wish, outcome in zip(wishes, outcomes, strict=True):
        if wish.outcome.done():  # whoever waited has gone
            continue
        if isinstance(outcome, Exception):
            wish.outcome.set_exception(outcome)
        else:
            wish.outcome.set_result(outcome)


def _stored(wishes: Sequence[Wish]) -> list[Outcome]:
    tickets = ratelimit.take_each("chat_send", [str(wish.person.pk) for wish in wishes])
    outcomes: list[Outcome] = [ratelimit.refusal_of(ticket) for ticket in tickets]
    simple = [place for place, wish in enumerate(wishes) if outcomes[place] is None and not wish.said.files]
    sayings = [_saying(wishes[place]) for place in simple]
    for place, sent in zip(simple, together.send(sayings), strict=True):
        outcomes[place] = sent
    return outcomes


def _saying(wish: Wish) -> Saying:
    return Saying(wish.person, wish.said.room_id, _draft(wish.said))


def _alone(person: User, said: Say) -> Sent:
    send = entering.say if said.comes_in else sending.send
    return send(person, said.room_id, _draft(said, numbered.own_files(person, said.files)))


def _draft(said: Say, files: tuple[UUID, ...] = ()) -> Draft:
    return Draft(said.content, said.kind, said.client_id, said.reply_to_seq, said.data, files)
