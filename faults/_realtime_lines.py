"""Drills of lines that die in silence, and of clocks that are wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import urllib.request
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from _realtime_client import Client, left_in, until
from _realtime_doors import token_like
from _realtime_place import all_up, expect_the_same_story, place, stopped, talk
from _realtime_stack import Proxy, Stack
from _stack import ROOT, Tally, Web

PING_SECONDS, PONG_SECONDS, GRACE_SECONDS = 25, 20, 10
SKEW_SECONDS, LONGEST_SECONDS = 300, 26 * 3_600


async def half_open(stack: Stack, tally: Tally) -> None:
    """8. A line goes silent and nobody hangs up: the ping finds out, presence says it once, and it comes back whole."""
    where = await place(2)
    port = urlsplit(stack.addresses[0]).port
    line = Proxy(lambda: asyncio.open_connection("127.0.0.1", port))
    await line.start()
    watcher = where.clients(stack.addresses[1:], 1)
    silent = Client([f"http://127.0.0.1:{line.port}"], where.tokens[1], str(where.room_id), starts_at=where.start)
    await all_up([*watcher, silent])
    await asyncio.sleep(1)
    line.freeze()
    began = time.monotonic()
    await talk(watcher, 20, 10)
    took = await until(lambda: bool(left_in(watcher[0])), PING_SECONDS + PONG_SECONDS + GRACE_SECONDS + 10)
    tally.note(f"said to have left after {took:.0f} s, ten of which are grace")
    tally.expect("found within 45 s", took - GRACE_SECONDS <= PING_SECONDS + PONG_SECONDS, True)
    line.hang_up()
    tally.expect("it comes back", await until(lambda: len(silent.joined) > 1, 20) < float("inf"), True)
    await expect_the_same_story(tally, where, [*watcher, silent])
    tally.expect("said to have left", left_in(watcher[0]), {str(where.people[1].pk): 1})
    tally.note(f"the whole took {time.monotonic() - began:.0f} s")
    await stopped([*watcher, silent])


async def wrong_clocks(stack: Stack, tally: Tally) -> None:
    """22. Clocks ten minutes apart, then a day later: order and presence do not mind, and old sockets still hear."""
    path = os.pathsep.join(filter(None, (str(ROOT / "faults" / "_clock"), os.environ.get("PYTHONPATH", ""))))
    webs = [Web(**stack.facts, PYTHONPATH=path, CLOCK_AHEAD=str(ahead)) for ahead in (SKEW_SECONDS, -SKEW_SECONDS)]
    where = await place(4)
    lasting = int(time.time()) + LONGEST_SECONDS
    where.tokens = [token_like(token, exp=lasting, iat=int(time.time()) - 3_600) for token in where.tokens]
    try:
        for web in webs:
            await asyncio.to_thread(web.start)
        clients = [
            Client([webs[number // 2].address], token, str(where.room_id), starts_at=where.start)
            for number, token in enumerate(where.tokens)
        ]
        await all_up(clients)
        ahead = [await asyncio.to_thread(_seconds_ahead, web) for web in webs]
        tally.expect("minutes that their clocks are ahead", [round(each / 60) for each in ahead], [5, -5])
        await talk(clients, 60, 40)
        await expect_the_same_story(tally, where, clients)
        tally.expect("said to have left, while all are here", [left_in(client) for client in clients], [{}] * 4)
        leaver = clients.pop()
        await leaver.stop()
        await until(lambda: all(left_in(client) for client in clients), 25)
        gone = {str(where.people[3].pk): 1}
        tally.expect("said to have left, once one is gone", [left_in(client) for client in clients], [gone] * 3)
        for web in webs:
            assert web.popen is not None
            os.kill(web.popen.pid, signal.SIGUSR1)
        await asyncio.sleep(2)
        ahead = [await asyncio.to_thread(_seconds_ahead, web) for web in webs]
        tally.expect("hours that they are ahead", [round(each / 3_600) for each in ahead], [25, 25])
        await talk(clients, 30, 40)
        await expect_the_same_story(tally, where, clients)
        tally.expect("sockets closed, a day later", sum(len(client.closings) for client in clients), 0)
        await stopped(clients)
    finally:
        for web in webs:
            await asyncio.to_thread(web.kill)


def _seconds_ahead(web: Web) -> float:
    """As its answers are dated."""
    with urllib.request.urlopen(f"{web.address}/health", timeout=10) as reply:
        return parsedate_to_datetime(reply.headers["Date"]).timestamp() - time.time()
