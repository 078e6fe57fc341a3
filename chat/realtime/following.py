"""How a socket comes into a room: listen first, then ask, then tell what was missed, then go live.

Nothing is lost between asking and listening, because the room remembers what passed meanwhile and both are numbered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chat.frames import Frame, seen_from
from chat.models import Event
from chat.realtime.commands import Follow
from chat.realtime.errors import TooManyRooms
from chat.realtime.live_room import resync
from chat.realtime.membership import change_in
from chat.realtime.packets import Packet
from chat.realtime.seats import Seat
from chat.realtime.socket import Socket
from chat.realtime.threads import in_thread
from chat.services import access
from chat.services.access import Standing
from chat.services.errors import ChatNotFound
from marketplace.common import metrics

LISTENING_SECONDS = 1.0  # Redis is away: what it will not say is found by the watermarks
GONE = (Event.Type.LEFT, Event.Type.REMOVED)


async def follow(socket: Socket, wish: Follow) -> None:
    """Asked for again, it begins anew from the number that is given now."""
    known = socket.seats.get(wish.room_id)
    if known is not None:
        socket.hub.leave(known)
    if len(socket.seats) >= socket.hub.limits.rooms_per_socket:
        raise TooManyRooms
    seat, listening = socket.hub.take_seat(socket, wish.room_id)
    try:
        await _until_heard(listening)
        await _come_in(seat, wish)
    except BaseException:
        socket.hub.leave(seat)
        raise


async def _until_heard(listening: asyncio.Event) -> None:
    if listening.is_set():
        return
    try:
        async with asyncio.timeout(LISTENING_SECONDS):
            await listening.wait()
    except TimeoutError:
        return


async def _come_in(seat: Seat, wish: Follow) -> None:
    socket, room = seat.socket, seat.room
    standing = await in_thread(access.standing, socket.person.pk, room.id)
    if not standing.may_follow:
        raise ChatNotFound
    if seat.is_gone:
        return
    room.learn(standing.epoch, standing.seq, standing.number)
    seat.judge(standing)
    start, reason = _start(wish, standing, socket.hub.limits.catch_up_frames, socket.hub.limits.recent_frames)
    outcome = reason or ("ok" if wish.since is not None else "new")
    metrics.resumes.labels(outcome).inc()
    if reason is not None:
        socket.show(resync(room.id, reason, standing.seq, standing.epoch))
    _confirm(seat, standing, resumed=outcome == "ok")
    await _catch_up(seat, start)
    if seat.is_live:
        socket.hub.presence.came(seat)


def _start(wish: Follow, standing: Standing, most: int, recent: int) -> tuple[int, str | None]:
    """After which number to begin, and why that is not where the client is."""
    if wish.since is None:
        return max(standing.first_seq, standing.seq - recent), None
    if wish.epoch is not None and wish.epoch != str(standing.epoch):
        return standing.seq, "epoch"
    if wish.since > standing.seq:
        return standing.seq, "ahead"
    start = max(wish.since, standing.first_seq)
    return (start, None) if standing.seq - start <= most else (standing.seq, "too_far")


def _confirm(seat: Seat, standing: Standing, *, resumed: bool) -> None:
    seat.socket.show(
        {
            "type": "subscribed",
            "room": str(seat.room.id),
            "epoch": str(standing.epoch),
            "last_seq": standing.seq,
            "resumed": resumed,
        }
    )


async def _catch_up(seat: Seat, position: int) -> None:
    """Batch by batch, as fast as it is taken, until the room's memory alone reaches from there to now."""
    socket, room, limits = seat.socket, seat.room, seat.socket.hub.limits
    while not seat.is_gone:
        missed = room.after(position)
        if missed is not None and len(missed) <= limits.batch_frames:
            if _tell(seat, missed):
                seat.go_live(missed[-1].seq if missed else position)
            return
        if missed is None:
            missed = await socket.hub.read(room.id, room.number, position)
        if not missed:  # the log does not go that far back
            seat.go_live(room.seq or position)
            return
        for begin in range(0, len(missed), limits.batch_frames):
            if seat.is_gone or not _tell(seat, missed[begin : begin + limits.batch_frames]):
                return
            await socket.outbox.drained()
        position = missed[-1].seq


def _tell(seat: Seat, frames: Sequence[Frame]) -> bool:
    """False: among them was the news that this person is no longer in the room. What comes after it is not theirs."""
    allowed = [seen_from(frame, seat.first_seq) for frame in _up_to_the_end(seat, frames)]
    limits = seat.socket.hub.limits
    for text in seat.socket.dialect.batches(seat.room.id, allowed, limits.batch_frames, limits.batch_bytes):
        seat.socket.outbox.put(Packet(text))
    if len(allowed) == len(frames) and not (allowed and _is_end(seat, allowed[-1])):
        return True
    seat.socket.put_out(seat, "removed")
    return False


def _up_to_the_end(seat: Seat, frames: Sequence[Frame]) -> Sequence[Frame]:
    for index, frame in enumerate(frames):
        if _is_end(seat, frame):
            return frames[: index + 1]
    return frames


def _is_end(seat: Seat, frame: Frame) -> bool:
    return frame.seq > seat.judged_at and frame.type in GONE and change_in(frame).user_id == str(seat.socket.person.pk)
