"""A room that somebody in this process follows: what is next, what came too early, and what has to be looked up.

What is published may be lost, come twice or overtake. What leaves here has no gap, no repetition, and only grows:
the next number is passed on, a smaller one dropped, a larger one held for a moment and then the missing ones are read
from the log, once for all sockets of the process.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
import structlog

from chat.frames import Frame, Shown, place_of_message, without_message
from chat.models import Event
from chat.realtime.membership import Change, change_in
from chat.realtime.packets import Packet
from chat.realtime.seats import Seat
from marketplace.common import metrics

if TYPE_CHECKING:
    from chat.realtime.dialects import Dialect
    from chat.realtime.socket import Socket

log = structlog.get_logger(__name__)

RING = 200
QUIET_SECONDS = 60.0
MOST_HELD = 200
Reading = Callable[[UUID, int, int], Awaitable[list[Frame]]]  # room, its number, since
WITH_MEMBERS = (Event.Type.JOINED, Event.Type.LEFT, Event.Type.REMOVED, Event.Type.ROOM)


def resync(room_id: UUID, reason: str, last_seq: int, epoch: UUID | None) -> Shown:
    shown = {"type": "resync", "room": str(room_id), "reason": reason, "last_seq": last_seq}
    return {**shown, "epoch": None if epoch is None else str(epoch)}


def _person_of(passing: Frame) -> int | None:
    number: int | None = orjson.loads(passing.numbers).get("user", {}).get("id")
    return number


class LiveRoom:
    def __init__(self, room_id: UUID, *, read: Reading, hold_seconds: float) -> None:
        self.id = room_id
        self.number = 0
        self.epoch: UUID | None = None
        self.seq: int | None = None  # None: nobody has said yet where the log stands
        self.seats: dict[Socket, Seat] = {}
        self._ring: deque[Frame] = deque(maxlen=RING)
        self._ring_at = 0.0
        self._held: dict[int, Frame] = {}
        self._known = 0  # the log goes at least so far
        self._read, self._hold = read, hold_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._mending: asyncio.Task[None] | None = None

    # ── What comes in ────────────────────────────────────────────────────────────────────────────

    def heard(self, raw: bytes, unpack: Callable[[UUID, bytes], Frame]) -> None:
        frame = unpack(self.id, raw)
        if frame.seq == 0:
            self._deliver(frame)
        else:
            self.arrive(frame)

    def arrive(self, frame: Frame) -> None:
        if self.seq is not None and frame.seq == self.seq + 1:
            self._forward(frame)
            self._forward_held()
        elif self.seq is None or frame.seq > self.seq:
            self._held[frame.seq] = frame
            if len(self._held) > MOST_HELD:  # they are in the log
                del self._held[min(self._held)]
            self._look_soon()

    def learn(self, epoch: UUID, seq: int, number: int = 0) -> None:
        """Where the log stands, from who has just looked."""
        self.number = number or self.number
        if self.epoch is not None and self.epoch != epoch:
            self._begin_anew(epoch, seq, "epoch")
        self.epoch = epoch
        if self.seq is None:
            self.seq = seq
            self._forward_held()
        self._known = max(self._known, seq)
        if self.seq < self._known:
            self._look_soon()

    def _begin_anew(self, epoch: UUID | None, seq: int, reason: str) -> None:
        """What was passed on before and what comes now do not belong together: clients read it anew."""
        self._ring.clear()
        self._held.clear()
        self.seq = self._known = seq
        for seat in list(self.seats.values()):
            seat.after = seq
            seat.socket.show(resync(self.id, reason, seq, epoch))

    def _forward_held(self) -> None:
        assert self.seq is not None
        while (frame := self._held.pop(self.seq + 1, None)) is not None:
            self._forward(frame)
        for seq in [seq for seq in self._held if seq <= self.seq]:
            del self._held[seq]

    # ── What is missing ──────────────────────────────────────────────────────────────────────────

    @property
    def _is_behind(self) -> bool:
        return self.seq is not None and (bool(self._held) or self.seq < self._known)

    def _look_soon(self) -> None:
        if self._timer is None and self._mending is None:
            self._timer = asyncio.get_running_loop().call_later(self._hold, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._is_behind and self._mending is None:
            self._mending = asyncio.get_running_loop().create_task(self._mend())

    async def _mend(self) -> None:
        """Until the log has no more. What is held beyond that was never committed."""
        metrics.gap_repairs.inc()
        try:
            while self._is_behind:
                assert self.seq is not None
                before = self.seq
                found = await self._read(self.id, self.number, before)
                for frame in found:
                    self.arrive(frame)
                if not found:
                    self._held.clear()
                    self._known = before
                elif self.seq == before:  # the log itself has lost its beginning
                    self._begin_anew(self.epoch, found[-1].seq, "gap")
        except Exception as error:  # the database is away: the next look at the watermarks comes here again
            log.warning("repair_failed", error=type(error).__name__)
        finally:
            self._mending = None

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._mending is not None:
            self._mending.cancel()

    # ── What goes out ────────────────────────────────────────────────────────────────────────────

    def _forward(self, frame: Frame) -> None:
        self.seq = frame.seq
        self._ring.append(frame)
        self._ring_at = time.monotonic()
        self._deliver(frame)
        if frame.type in WITH_MEMBERS:
            self._mind(change_in(frame))

    def _deliver(self, frame: Frame) -> None:
        """One text for all who speak the same dialect, and another for those who came after what it is about."""
        packets: dict[tuple[Dialect, bool], Packet | None] = {}
        about = place_of_message(frame)
        passing_of = _person_of(frame) if frame.seq == 0 else None
        for socket, seat in list(self.seats.items()):
            if not seat.is_live or 0 < frame.seq <= seat.after:
                continue
            dialect = socket.dialect
            if passing_of is not None and not dialect.hears_itself and passing_of == socket.person.number:
                continue
            kind = (dialect, 0 < about <= seat.first_seq)
            if kind not in packets:
                text = dialect.event(without_message(frame) if kind[1] else frame)
                packets[kind] = None if text is None else Packet(text, is_passing=frame.seq == 0)
            packet = packets[kind]
            if packet is not None:
                socket.outbox.put(packet)

    def show(self, shown: Shown) -> None:
        for seat in list(self.seats.values()):
            if seat.is_live:
                seat.socket.show(shown, is_passing=True)

    def _mind(self, change: Change) -> None:
        """Before the next number goes out: who may no longer follow does not see it."""
        for seat in list(self.seats.values()):
            if self.seq is not None and self.seq > seat.judged_at:
                reason = change.bears_on(seat)
                if reason is not None:
                    seat.socket.put_out(seat, reason)

    # ── For who comes in ─────────────────────────────────────────────────────────────────────────

    def after(self, position: int) -> list[Frame] | None:
        """What was passed on after that number, or None if too much has been since to remember."""
        if self.seq is None or self.seq <= position:
            return []
        if not self._ring or self._ring[0].seq > position + 1:
            return None
        return [frame for frame in self._ring if frame.seq > position]

    def forget_if_quiet(self) -> None:
        if self._ring and time.monotonic() - self._ring_at > QUIET_SECONDS:
            self._ring.clear()
