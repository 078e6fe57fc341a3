"""Messages over sockets: sixteen on their way at any time, each from the socket that has been silent for longest."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
import time
from collections import deque
from uuid import UUID

from _crowd import Listener, Manners, host_and_port
from _load import CONNECTIONS
from _send_data import BODY
from _talk_data import Talk

SOCKETS = 320  # one socket may say 20 things a second


class Speaker(Listener):
    acks: Speakers

    def _mind(self, payload: bytes) -> None:
        super()._mind(payload)
        if payload.startswith(b'{"type":"ack"'):
            self.acks.acknowledged(self)
        elif payload.startswith(b'{"type":"error"'):
            raise SystemExit(payload.decode())


class Speakers:
    def __init__(self) -> None:
        self.acknowledgements = 0
        self._silent: deque[Speaker] = deque()
        self._until = 0.0
        self._rooms: list[UUID] = []
        self._numbers = itertools.count()
        self._prefix = secrets.token_hex(8)

    async def come_in(self, address: str, talk: Talk) -> None:
        for number in range(SOCKETS):
            self._silent.append(await self._one(address, talk.tokens[number % len(talk.tokens)]))

    async def _one(self, address: str, token: str) -> Speaker:
        manners = Manners("/v1/ws", {"Authorization": f"Bearer {token}"}, is_in=b'{"type":"welcome"')
        loop = asyncio.get_running_loop()
        _, speaker = await loop.create_connection(lambda: Speaker(None, manners), *host_and_port(address))
        speaker.acks = self
        await speaker.is_in
        return speaker

    async def talk(self, rooms: list[UUID], seconds: float) -> float:
        """Acknowledgements a second."""
        before, began = self.acknowledgements, time.perf_counter()
        self._rooms, self._until = rooms, began + seconds
        for _ in range(CONNECTIONS):
            self._say(self._silent.popleft())
        await asyncio.sleep(seconds)
        figure = (self.acknowledgements - before) / (time.perf_counter() - began)
        while len(self._silent) < SOCKETS:  # the last ones
            await asyncio.sleep(0.01)
        return figure

    def _say(self, speaker: Speaker) -> None:
        frame = {"type": "send", "room": str(random.choice(self._rooms)), "content": BODY}
        speaker.say(json.dumps({**frame, "client_id": f"{self._prefix}-{next(self._numbers)}"}).encode())

    def acknowledged(self, speaker: Speaker) -> None:
        self.acknowledgements += 1
        self._silent.append(speaker)
        if time.perf_counter() < self._until:
            self._say(self._silent.popleft())
