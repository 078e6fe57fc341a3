"""What waits for one socket to take it: bounded, and no task of its own while the socket keeps up.

A frame goes straight to the server while nothing waits. Only when the server holds us back (its client does not read)
does a writer come into being, and end when it has caught up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import coroutine
from typing import Any

from chat.realtime.packets import Packet
from marketplace.common import metrics

MOST_FRAMES = 256
MOST_BYTES = 1_048_576
WRITE_SECONDS = 10.0

Sending = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


class Outbox:
    __slots__ = ("_bytes", "_give_up", "_is_shut", "_pass_on", "_send", "_waiting", "_writer")

    def __init__(self, send: Sending, give_up: Callable[[], None]) -> None:
        """`give_up` is called when the socket does not keep up: nothing of what lasts is ever left out in silence."""
        self._send = send
        self._pass_on = getattr(getattr(send, "__self__", None), "pass_on", _cannot)  # uvicorn's, as ours serves it
        self._give_up = give_up
        self._waiting: deque[Packet] = deque()
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._is_shut = False

    def put(self, packet: Packet) -> None:
        if self._is_shut:
            return
        if self._writer is None:
            self._write(packet)
        elif packet.is_passing and self._is_half_full:
            metrics.socket_dropped.inc()
        elif len(self._waiting) >= MOST_FRAMES or self._bytes + packet.size > MOST_BYTES:
            self._too_slow()
        else:
            self._waiting.append(packet)
            self._bytes += packet.size

    @property
    def _is_half_full(self) -> bool:
        return len(self._waiting) * 2 >= MOST_FRAMES or self._bytes * 2 >= MOST_BYTES

    def _write(self, packet: Packet) -> None:
        """Begins to send without a task: almost always that is all there is to it."""
        metrics.socket_deliveries.inc()
        if self._pass_on(packet.frame):
            return
        writing = self._send(packet.event)
        try:
            waits_for = writing.send(None)
        except StopIteration:
            return
        except Exception:  # the client has gone; the reader hears of it as well
            self.shut()
            return
        rest: Any = _resumed(writing, waits_for)
        self._writer = asyncio.get_running_loop().create_task(self._drain(rest))

    async def _drain(self, begun: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await begun
            while self._waiting:
                packet = self._waiting.popleft()
                self._bytes -= packet.size
                metrics.socket_deliveries.inc()
                async with asyncio.timeout(WRITE_SECONDS):
                    await self._send(packet.event)
        except TimeoutError:
            self._too_slow()
        except Exception:  # as above
            self.shut()
        finally:
            self._writer = None

    def _too_slow(self) -> None:
        if not self._is_shut:
            metrics.sockets_slow.inc()
            self.shut()
            self._give_up()

    async def drained(self) -> None:
        """For who has much to say: one batch, and the next when it was taken."""
        writer = self._writer
        if writer is not None:
            await asyncio.wait({writer})

    @property
    def is_shut(self) -> bool:
        return self._is_shut

    def shut(self) -> None:
        self._is_shut = True
        self._waiting.clear()
        self._bytes = 0
        writer = self._writer
        with contextlib.suppress(RuntimeError):  # called from the writer itself, or after the loop's end
            if writer is not None and writer is not asyncio.current_task():
                writer.cancel()


def _cannot(frame: bytes) -> bool:
    return False


@coroutine
def _resumed(begun: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """The rest of a coroutine that stopped at the future `waits_for`, as something a task can wait for."""
    while True:
        try:
            value = yield waits_for
        except BaseException as error:
            step: Callable[[Any], Any] = begun.throw
            given: Any = error
        else:
            step, given = begun.send, value
        try:
            waits_for = step(given)
        except StopIteration:
            return
