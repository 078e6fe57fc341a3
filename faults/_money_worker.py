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


def main() -> None:
    """One line in, "signal,point,kind": one worker. Its pid goes out, and once it has ended, its status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    django.setup()
    for line in sys.stdin:
        number, point, kind = line.strip().split(",")
        pid = os.fork()
        if pid == 0:
            work(int(number), point, kind)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(status, flush=True)


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

    def end(here: str, seen: str) -> None:
        if here == point and seen == kind:
            os.kill(os.getpid(), number)

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
