"""Buyers as a phone is one: every request under a key of its own, sent again until it is answered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from marketplace.common.jsonio import loads

PAUSE = 0.05
PATIENCE_SECONDS = 150
# Answers that mean "later": a server on its way up or down, a first request that is still running, a payment that
# somebody is still settling
LATER = frozenset({409, 503})


@dataclass
class Purchase:
    """What was answered to each of its steps, as it came."""

    name: str = field(default_factory=lambda: str(uuid4()))
    answers: dict[str, bytes] = field(default_factory=dict)

    def said(self, step: str) -> Any:
        return loads(self.answers[step])

    @property
    def order(self) -> str:
        return str(self.said("order")["id"])


@dataclass
class Buyers:
    """One person's phones. Whatever is neither a success nor "later" is counted, and is nobody's plan."""

    address: str
    token: str
    listing: str
    strange: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    put_off: int = 0
    last_success: float = 0.0

    def __post_init__(self) -> None:
        self._client = httpx.AsyncClient(base_url=self.address, timeout=30, verify=False)

    async def buy(self, purchase: Purchase, *, tries: int = 0) -> bool:
        """Ordered, paid, captured, completed: as far as it gets, or with so many tries at each step."""
        async with asyncio.timeout(PATIENCE_SECONDS):  # whoever has to wait for longer has found a mistake
            return await self._buy(purchase, tries)

    async def _buy(self, purchase: Purchase, tries: int) -> bool:
        name, answers = purchase.name, purchase.answers
        asked = await self._until(
            "order", "/v1/orders", {"listing_id": self.listing, "client_id": name}, purchase, tries
        )
        asked = asked and await self._until("pay", f"/v1/orders/{purchase.order}/pay", {}, purchase, tries)
        asked = asked and await self._until_captured(purchase, tries)
        asked = asked and await self._until("complete", f"/v1/orders/{purchase.order}/complete", {}, purchase, tries)
        return asked and len(answers) == 4

    async def _until(self, step: str, path: str, body: Mapping[str, str], purchase: Purchase, tries: int) -> bool:
        while True:
            reply = await self._post(path, body, key=purchase.name)
            if reply is not None:
                purchase.answers[step] = reply.content
                return True
            tries -= 1
            if tries == 0:
                return False
            await asyncio.sleep(PAUSE)

    async def _until_captured(self, purchase: Purchase, tries: int) -> bool:
        """`false` is no answer that is kept: asked under the same key, it is looked into again."""
        while True:
            reply = await self._post("/v1/payments/capture", {"order_id": purchase.order}, key=purchase.name)
            if reply is not None and loads(reply.content)["captured"]:
                purchase.answers["capture"] = reply.content
                return True
            tries -= 1
            if tries == 0:
                return False
            await asyncio.sleep(PAUSE)

    async def _post(self, path: str, body: Mapping[str, str], *, key: str = "") -> httpx.Response | None:
        headers = {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}
        try:
            reply = await self._client.post(path, json=body, headers=headers)
        except httpx.HTTPError:
            self.lost += 1
            return None
        if reply.is_success:
            self.last_success = time.monotonic()
            return reply
        if reply.status_code in LATER:
            self.put_off += 1
        else:
            self.strange[f"{reply.status_code} {reply.text[:200]}"] += 1
        return None


@dataclass
class Compared:
    """Answers to the same request under the same key, got at different times."""

    same: int = 0
    changed: int = 0

    def note(self, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
        for step, answer in before.items():
            if after[step] == answer:
                self.same += 1
            else:
                self.changed += 1
