"""The reference client of `/v1/ws` in real browsers, while servers and lines die: what its pages show.

Two people write in `/talk`. In the end both pages show everything that was written: once, and in the order of the
room. Two worse clients, one that does not resume and one that forgets its `client_id`, must be caught by the same look.
SHORT=1 takes about a minute and needs Chromium, as the whole does.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import django
from _stack import ENVIRONMENT, SHORT, Tally, Web, prepare, size

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill")

from _browser_pages import ARGS, RENEWAL, Scene, Tab, chromium
from _realtime_place import place
from _realtime_stack import Proxy, Streams
from playwright.async_api import Browser, async_playwright

SECONDS_AWAY = size(60, 5)
NO_RESUME = {"position.js": ("{ room, since: this.last, epoch: this.epoch }", "{ room }")}
NO_CLIENT_ID = {
    "sender.js": ('{ type: "send", room, client_id,', '{ type: "send", room, client_id: client_id + Math.random(),')
}


class Market:
    """Two processes behind one address, as they are behind nginx: who comes is sent to one that answers."""

    def __init__(self) -> None:
        self.webs = [Web(RATE_LIMIT="off") for _ in range(2)]
        self.front = Proxy(self._opened)
        self._turn = itertools.count()

    async def _opened(self) -> Streams:
        for _ in self.webs:
            web = self.webs[next(self._turn) % len(self.webs)]
            try:
                return await asyncio.open_connection("127.0.0.1", urlsplit(web.address).port)
            except OSError:
                continue
        raise ConnectionRefusedError

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.front.port}"

    async def start(self) -> None:
        await self.front.start()
        for web in self.webs:
            await asyncio.to_thread(web.start)

    async def stop(self) -> None:
        for web in self.webs:
            await asyncio.to_thread(web.kill)

    async def kill_all(self) -> None:
        for web in self.webs:
            await asyncio.to_thread(web.kill)


Drill = Callable[[Market, Scene], Awaitable[None]]


async def talk(tabs: list[Tab], count: int, rate: float = 10) -> None:
    for number in range(count):
        tab = tabs[number % len(tabs)]
        await tab.write(f"{tab.name} says {len(tab.written)}")
        await asyncio.sleep(1 / rate)


async def killed(market: Market, scene: Scene) -> None:
    """kill -9 of all processes in the middle of a talk, and new ones."""
    await scene.open()
    talking = asyncio.create_task(talk(scene.tabs, size(120, 40)))
    await asyncio.sleep(1)
    await market.kill_all()
    await asyncio.sleep(1)
    for web in market.webs:
        await asyncio.to_thread(web.start)
    await talking


async def offline(market: Market, scene: Scene) -> None:
    """One is without a network for a minute; both write on, the other more than a page of it."""
    await scene.open()
    here, away = scene.tabs
    until = asyncio.get_running_loop().time() + SECONDS_AWAY
    await away.context.set_offline(True)
    await away.state("waiting")
    await talk([here], size(150, 60), 40)
    await talk([away], 3)
    await asyncio.sleep(until - asyncio.get_running_loop().time())
    await away.context.set_offline(False)


async def reloaded(market: Market, scene: Scene) -> None:
    """All processes are dead while somebody writes, and the page is loaded anew before anything could be sent."""
    await scene.open()
    await market.kill_all()
    await scene.tabs[0].state("waiting")
    await talk(scene.tabs[:1], 5)
    for web in market.webs:
        await asyncio.to_thread(web.start)
    await scene.tabs[0].page.reload()


async def token_ended(market: Market, scene: Scene) -> None:
    """A token with seconds to live is renewed in place; where that fails, 4401 comes, and the next one opens."""
    await scene.open(seconds=20, unrenewed=1)
    await talk(scene.tabs, 4)
    await scene.tabs[1].state("waiting", 60)
    await talk(scene.tabs, 6)
    await scene.tabs[1].page.unroute(RENEWAL)


async def rolling(market: Market, scene: Scene) -> None:
    """One process after the other is stopped and started while people talk."""
    await scene.open()
    talking = asyncio.create_task(talk(scene.tabs, size(150, 50)))
    for web in market.webs:
        await asyncio.to_thread(web.stop)
        await asyncio.to_thread(web.start)
    await talking


async def no_resume(market: Market, scene: Scene) -> None:
    """A client that does not say how far it had come."""
    await scene.open(patches=NO_RESUME)
    here, away = scene.tabs
    await away.context.set_offline(True)
    await away.state("waiting")
    await talk([here], 60, 40)
    await here.sent()  # more than what is shown to whoever does not say how far it had come
    await away.context.set_offline(False)
    await away.state("up")


async def no_client_id(market: Market, scene: Scene) -> None:
    """A client that sends again under another name."""
    await scene.open(patches=NO_CLIENT_ID)
    await talk(scene.tabs, 2)
    await asyncio.sleep(0.5)
    market.front.hang_up()
    await scene.tabs[0].state("waiting")
    await scene.tabs[0].state("up")


DRILLS: tuple[Drill, ...] = (killed, offline, reloaded, token_ended, rolling)
WORSE: tuple[Drill, ...] = (no_resume, no_client_id)


async def play(drill: Drill, market: Market, browser: Browser, tally: Tally) -> None:
    began = time.monotonic()
    tally.note(str(drill.__doc__))
    scene = Scene(await place(2), market.address, browser)
    try:
        await drill(market, scene)
        if drill in WORSE:
            found = await scene.problems(seconds=6)
            tally.expect("the worse client is caught", bool(found), True)
            tally.note("; ".join(found))
        else:
            found = await scene.problems()
            count = sum(len(tab.written) for tab in scene.tabs)
            tally.expect(f"not as promised, of {count} messages on {len(scene.tabs)} pages", found, [])
    finally:
        await scene.close()
    tally.note(f"({time.monotonic() - began:.0f} s)")


async def main() -> None:
    tally = Tally("The reference client in real browsers: what its pages show")
    wanted = os.environ.get("ONLY", "")
    market = Market()
    path = chromium()
    await market.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=ARGS)
            for drill in (*DRILLS, *WORSE):
                if wanted in drill.__name__:
                    for _ in range(1 if SHORT or drill in WORSE else 3):
                        await play(drill, market, browser, tally)
            await browser.close()
    finally:
        await market.stop()
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    asyncio.run(main())
