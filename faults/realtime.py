"""The sockets of the chat while things die: what the clients saw. docs/realtime.md makes the promises.

One drill for each line. What needs no live processes is in chat/tests/. ONLY=name runs what has that in its name.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable

import django
from _stack import ENVIRONMENT, SHORT, Tally, prepare

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill")

import _realtime_doors as doors
import _realtime_files as files
import _realtime_hostile as hostile
import _realtime_lines as lines
import _realtime_log as numbers
import _realtime_order as order
import _realtime_presence as presence
import _realtime_processes as processes
import _realtime_rights as rights
import _realtime_stores as stores
from _realtime_stack import Stack

Drill = Callable[[Stack, Tally], Awaitable[None]]
DRILLS: tuple[Drill, ...] = (
    processes.worker_killed,
    processes.committed_and_never_published,
    stores.redis_away,
    stores.redis_unreliable,
    stores.postgres_away,
    order.storm,
    order.said_twenty_times,
    order.many_senders,
    order.removed_in_flight,
    hostile.unreadable,
    hostile.flood,
    processes.rolling_restart,
    processes.comings_and_goings,
)
GENTLE: tuple[Drill, ...] = (  # they cut nobody else off, and wait more than they work
    numbers.given_back,
    numbers.made_up_places,
    doors.token_ends,
    doors.keys_that_do_not_fit,
    rights.rights_end,
    files.files_that_do_not_fit,
)
SLOW: tuple[Drill, ...] = (
    stores.redis_emptied,
    presence.presence_killed,
    hostile.slow_reader,
    lines.half_open,
    lines.wrong_clocks,
)


async def played(drill: Drill, stack: Stack, tally: Tally) -> None:
    began = time.monotonic()
    with tally.aside() as told:
        told.note(str(drill.__doc__))
        await drill(stack, told)
        told.note(f"({time.monotonic() - began:.0f} s)")


async def main() -> None:
    tally = Tally("Sockets: what the clients saw")
    stack = Stack()
    wanted = os.environ.get("ONLY", "")
    await stack.start()
    try:
        gentle = [drill for drill in GENTLE if wanted in drill.__name__]
        if SHORT:
            await asyncio.gather(*[played(drill, stack, tally) for drill in gentle])
        for drill in DRILLS if SHORT else (*DRILLS, *gentle, *SLOW):
            if wanted in drill.__name__:
                await played(drill, stack, tally)
    finally:
        await stack.stop()
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    asyncio.run(main())
