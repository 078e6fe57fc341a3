"""People before `/talk` in a real browser: who they are, what they write, and what their pages show in the end."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from dataclasses import dataclass, field
from typing import Any

from _realtime_place import Place
from playwright.async_api import Browser, BrowserContext, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
RENEWAL = "**/v1/auth/refresh"
SIGN_IN = "if (sessionStorage.getItem('market.session') === null) sessionStorage.setItem('market.session', %s)"


@dataclass
class Tab:
    page: Page
    context: BrowserContext
    name: str
    written: list[str] = field(default_factory=list)

    async def write(self, text: str) -> None:
        self.written.append(text)
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")

    async def shown(self) -> list[str]:
        return await self.page.locator("#log .said p").all_inner_texts()

    async def unsent(self) -> int:
        return await self.page.locator("#unsent .said").count()

    async def sent(self, seconds: float = 60) -> None:
        """All that was written here is acknowledged."""
        shown = self.page.locator("#log .said p", has_text=self.written[-1])
        await shown.first.wait_for(timeout=seconds * 1_000)
        await self.page.locator("#unsent .said").first.wait_for(state="detached", timeout=seconds * 1_000)

    async def state(self, wanted: str, seconds: float = 40) -> None:
        await self.page.locator(f"#state[data-state={wanted}]").wait_for(timeout=seconds * 1_000)


class Scene:
    """A room, and a tab for each of two people."""

    def __init__(self, place: Place, address: str, browser: Browser) -> None:
        self.place, self.address, self.browser = place, address, browser
        self.tabs: list[Tab] = []

    async def open(
        self,
        *,
        seconds: float | None = None,
        unrenewed: int | None = None,
        patches: dict[str, tuple[str, str]] | None = None,
    ) -> None:
        """`seconds` of life for the first tokens; tab `unrenewed` gets no others until `RENEWAL` is unrouted.

        `patches` change a module of the client: a client that is worse.
        """
        for number, person in enumerate(self.place.people):
            tokens = await asyncio.to_thread(_tokens, person, seconds)
            context = await self.browser.new_context()
            await context.add_init_script(SIGN_IN % json.dumps(json.dumps(tokens)))
            page = await context.new_page()
            if number == unrenewed:
                await page.route(RENEWAL, lambda route: route.abort())
            for module, change in (patches or {}).items():
                await _patch(page, module, *change)
            await page.goto(f"{self.address}/talk#{self.place.room_id}")
            tab = Tab(page, context, person.username)
            await tab.state("up")
            await page.locator("#text:enabled").wait_for()
            self.tabs.append(tab)

    async def close(self) -> None:
        for tab in self.tabs:
            await tab.context.close()

    async def problems(self, seconds: float = 40) -> list[str]:
        """What is not as promised once everything has had its time."""
        deadline = time.monotonic() + seconds
        while (found := await self._look()) and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
        return found

    async def _look(self) -> list[str]:
        stored = await asyncio.to_thread(_stored, self.place.room_id)
        written = sorted(text for tab in self.tabs for text in tab.written)
        found = [] if sorted(stored) == written else [f"written {len(written)}, stored {len(stored)}"]
        for tab in self.tabs:
            shown = await tab.shown()
            if shown != stored:
                found.append(f"{len(shown)} shown, not the {len(stored)} that are stored, in their order")
            if [text for text in stored if text in tab.written] != tab.written:
                found.append("not stored in the order of writing")
            if await tab.unsent():
                found.append("something is still on its way")
        return found


def _tokens(person: Any, seconds: float | None) -> dict[str, Any]:
    from datetime import timedelta

    from django.utils import timezone

    from accounts.models import Surface
    from accounts.services.sign_in import open_session
    from accounts.tokens import access_life, pair_for

    now = timezone.now()
    session = open_session(person, surface=Surface.CAMPUS, address="127.0.0.1", user_agent="drill", now=now)
    if seconds is not None:
        session.rotated_at = now - access_life(session.surface) + timedelta(seconds=seconds)
    return dict(pair_for(session).body())


def _stored(room_id: Any) -> list[str]:
    from chat.models import Message

    return list(Message.objects.filter(room=room_id).order_by("seq").values_list("body", flat=True))


async def _patch(page: Page, module: str, old: str, new: str) -> None:
    async def worse(route: Any) -> None:
        reply = await route.fetch()
        text = await reply.text()
        assert old in text, f"{module} has changed: {old}"
        await route.fulfill(response=reply, body=text.replace(old, new))

    await page.route(f"**/js/talk/{module}", worse)


def chromium() -> str:
    if CHROMIUM is None:
        raise SystemExit("no chromium or google-chrome on this machine: apt install chromium")
    return CHROMIUM
