"""How far somebody is, written once a second at most: who scrolls marks every message that comes into sight.

The first mark is written at once. What follows within a second is held, and the furthest of it is written then; also
when the socket has gone by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from chat.realtime.commands import Mark
from chat.realtime.outcomes import shown_error
from chat.realtime.threads import in_thread
from chat.services import marks

if TYPE_CHECKING:
    from accounts.models import User
    from chat.realtime.socket import Socket

log = structlog.get_logger(__name__)

Key = tuple[UUID, bool]


@dataclass
class Held:
    timer: asyncio.TimerHandle
    mark: Mark | None = None


async def mark(socket: Socket, wanted: Mark) -> None:
    """What moves is told to the room; where it stands, to who asked."""
    held = socket.held_marks.get((wanted.room_id, wanted.is_read))
    if held is None:
        await _write(socket, wanted)
    elif held.mark is None or held.mark.seq < wanted.seq:
        held.mark = wanted


def write_held(socket: Socket) -> None:
    """The socket has gone: what it said still counts."""
    for held in socket.held_marks.values():
        held.timer.cancel()
        if held.mark is not None:
            _begin(_last(socket.person, held.mark))
    socket.held_marks.clear()


async def _write(socket: Socket, wanted: Mark) -> None:
    seq = await in_thread(_move, socket.person, wanted)
    _hold(socket, (wanted.room_id, wanted.is_read))
    kind = "marked" if wanted.is_read else "marked_delivered"
    socket.show({"type": kind, "room": str(wanted.room_id), "seq": seq})


def _hold(socket: Socket, key: Key) -> None:
    if not socket.is_closing:
        timer = asyncio.get_running_loop().call_later(socket.hub.limits.mark_seconds, _release, socket, key)
        socket.held_marks[key] = Held(timer)


def _release(socket: Socket, key: Key) -> None:
    held = socket.held_marks.pop(key, None)
    if held is not None and held.mark is not None:
        _begin(_late(socket, held.mark))


async def _late(socket: Socket, wanted: Mark) -> None:
    try:
        await _write(socket, wanted)
    except Exception as error:
        socket.show({**shown_error(error), "room": str(wanted.room_id)})


async def _last(person: User, wanted: Mark) -> None:
    try:
        await in_thread(_move, person, wanted)
    except Exception as error:  # nobody is there any more who could be told
        log.info("mark_lost", error=type(error).__name__)


def _move(person: User, wanted: Mark) -> int:
    move = marks.read_up_to if wanted.is_read else marks.delivered_up_to
    return move(person, wanted.room_id, wanted.seq)


_writing: set[asyncio.Task[None]] = set()


def _begin(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _writing.add(task)
    task.add_done_callback(_writing.discard)
