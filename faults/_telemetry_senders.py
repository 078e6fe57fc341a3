"""Ten phones that send the same events again and again, and somebody else who only wants to look at listings."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

AT_ONCE = 500
THIS_RUN = uuid4().hex[:16]
SCREENS = ("home", "search", "listing", "chat")


def batch(first: int) -> bytes:
    """Events `first`, `first + 1` and so on: who sends them again sends the same ids."""
    now = datetime.now(UTC).isoformat()
    events = [
        {
            "id": str(UUID(f"{THIS_RUN}{n:016x}")),
            "event_type": "screen.view",
            "session_id": f"session-{n % 1_000}",
            "properties": {"screen": SCREENS[n % len(SCREENS)], "n": n},
            "occurred_at": now,
        }
        for n in range(first, first + AT_ONCE)
    ]
    return json.dumps({"events": events}, separators=(",", ":")).encode()


class Caller:
    """One connection that stays open, as a phone's does."""

    def __init__(self, address: str, token: str) -> None:
        self._place = urlsplit(address).netloc
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._line = http.client.HTTPConnection(self._place, timeout=60)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        self._line.request(method, path, body, self._headers)
        reply = self._line.getresponse()
        return reply.status, reply.read()


@dataclass
class Sent:
    statuses: dict[int, int] = field(default_factory=dict)
    inserted: int = 0
    duplicates: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: int, answer: dict[str, Any]) -> None:
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.inserted += answer.get("inserted", 0)
            self.duplicates += answer.get("duplicates", 0)


def send_all(address: str, tokens: list[str], *, distinct: int) -> Sent:
    """Each batch is sent twice, by two who are at it at about the same time."""
    sent, firsts = Sent(), list(range(0, distinct, AT_ONCE))
    half = len(tokens) // 2
    threads = [
        threading.Thread(target=_send, args=(address, token, firsts[number % half :: half], sent))
        for number, token in enumerate(tokens)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


def _send(address: str, token: str, firsts: list[int], sent: Sent) -> None:
    caller = Caller(address, token)
    for first in firsts:
        body = batch(first)
        status, answer = caller.ask("POST", "/v1/events", body)
        while status in (429, 503):  # as a phone does: later again
            sent.add(status, {})
            time.sleep(0.1)
            status, answer = caller.ask("POST", "/v1/events", body)
        sent.add(status, json.loads(answer))


def looked_at(address: str, token: str, path: str, *, until: Callable[[], bool], pause: float) -> list[float]:
    """Seconds that each look took; one that failed is as long as forever."""
    caller, took = Caller(address, token), []
    while not until():
        began = time.perf_counter()
        status, _ = caller.ask("GET", path)
        took.append(time.perf_counter() - began if status == 200 else float("inf"))
        time.sleep(pause)
    return took


def p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)] if took else float("inf")
