"""Workers that die where they are told to: forked from one that has loaded everything, so that a thousand can.

Each does what the Celery task does, in a process of its own. The points lie outside of the product: around asking,
around the provider's call, and before the commit of its answer.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django

POINTS = ("claimed", "before the call", "after the call", "before the commit")
NEVER_CAME_SECONDS = 90
WENT_ON = 7  # the exit code of one that was frozen, woke, and has done what it had in hand


def main() -> None:
    """A line in, a number out. "start,signal,point,kind": the pid of a new one. "end,pid": what it ended with."""
    django.setup()
    for line in sys.stdin:
        match line.strip().split(","):
            case ["start", number, point, kind]:
                print(fork(int(number), point, kind), flush=True)
            case ["end", pid]:
                print(os.waitpid(int(pid), 0)[1], flush=True)


def fork(number: int, point: str, kind: str) -> int:
    pid = os.fork()
    if pid == 0:
        work(number, point, kind)
    return pid


def work(number: int, point: str, kind: str) -> None:
    from orders.tasks import work_off_money

    if number:
        arm(number, point, kind)
    while True:
        work_off_money()
        time.sleep(0.01)


def arm(number: int, point: str, kind: str) -> None:
    from orders.providers.simulator.provider import Simulator
    from orders.services import answers, operations

    woken: list[bool] = []

    def end(here: str, seen: str) -> None:
        if here == point and seen == kind:
            os.kill(os.getpid(), number)
            woken.append(True)

    signal.alarm(NEVER_CAME_SECONDS)  # to where it was to end: then it dies of this, and is not counted
    leave_when(woken, operations)
    around(operations, "_ask", lambda operation, _: operation.kind, lambda seen: end("claimed", seen), None)
    around(
        Simulator,
        "execute",
        lambda _, request, __: request.kind,
        lambda seen: end("before the call", seen),
        lambda seen: end("after the call", seen),
    )
    around(
        answers, "conclude", lambda _, operation, __: operation.kind, None, lambda seen: end("before the commit", seen)
    )


def leave_when(woken: list[bool], operations: Any) -> None:
    honest = operations._work

    def work_and_leave(claim: Any) -> int:
        try:
            return int(honest(claim))
        finally:
            if woken:
                os._exit(WENT_ON)

    operations._work = work_and_leave


def around(
    where: Any,
    name: str,
    kind_of: Callable[..., str],
    before: Callable[[str], None] | None,
    after: Callable[[str], None] | None,
) -> None:
    honest = getattr(where, name)

    def armed(*args: Any) -> Any:
        if before is not None:
            before(kind_of(*args))
        came = honest(*args)
        if after is not None:
            after(kind_of(*args))
        return came

    setattr(where, name, armed)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
