"""How a process stops: it tells its sockets when to come back, each at another time, and lets them go one by one.

The server would close all of them in the same instant, and all of them would be back in the next.
"""

from __future__ import annotations

import asyncio
import random
import signal
import threading
from types import FrameType
from typing import Any

import structlog

from chat.realtime import codes
from chat.realtime.hub import Hub, present_hub

log = structlog.get_logger(__name__)

LONGEST_WAIT_MS = 15_000
CALM_MS = 12_000  # also where the next process stops before all are back, no second sees a fifth of a small market
MOST_MS_EACH, WAIT_MS_EACH = 1_000, 75
SECONDS_EACH = 0.02
ENDING = (signal.SIGTERM, signal.SIGINT)


async def say_goodbye(hub: Hub) -> None:
    """New ones are refused from here on; who is told comes back somewhere else."""
    hub.is_leaving = True
    sockets = [socket for socket in hub.sockets if not socket.is_closing]
    random.shuffle(sockets)
    for socket, wait in zip(sockets, waits(len(sockets)), strict=True):
        socket.show({"type": "server_restart", "retry_after_ms": wait})
    pause = min(hub.limits.drain_seconds, len(sockets) * SECONDS_EACH) / max(1, len(sockets))
    for socket in sockets:
        socket.close(codes.RESTART)
        await asyncio.sleep(pause)
    if sockets:
        log.info("sockets_let_go", count=len(sockets))


def waits(count: int) -> list[int]:
    """Evenly over a time that grows with how many they are."""
    longest = min(LONGEST_WAIT_MS, max(min(CALM_MS, count * MOST_MS_EACH), count * WAIT_MS_EACH))
    return [int((place + random.random()) * longest / count) for place in range(count)]  # noqa: S311


def watch_for_the_end() -> None:
    """Before the server hears the signal, the sockets do. A second one is the server's at once."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in ENDING:
        former = signal.getsignal(number)
        if callable(former):
            signal.signal(number, _Goodbye(loop, former))


class _Goodbye:
    def __init__(self, loop: asyncio.AbstractEventLoop, former: Any) -> None:
        self._loop, self._former = loop, former
        self._is_said = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._is_said:
            self._former(number, frame)
        else:
            self._is_said = True
            self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._say(number)))

    async def _say(self, number: int) -> None:
        try:
            hub = present_hub()
            if hub is not None:
                await say_goodbye(hub)
        finally:
            self._former(number, None)
