"""Ten phones that send the same events again and again, and somebody else who only wants to look at listings."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

AT_ONCE = 500
THIS_RUN = uuid4().hex[:16]
SCREENS = ("home", "search", "listing", "chat")


def batch(first: int, run: str) -> bytes:
    """Events `first`, `first + 1` and so on: who sends them again sends the same ids."""
    now = datetime.now(UTC).isoformat()
    # by hand: ten phones have ten processors, and here they share one with the server
    events = ",".join(
        f'{{"id":"{run}{n:016x}","event_type":"screen.view","session_id":"session-{n % 1_000}",'
        f'"properties":{{"screen":"{SCREENS[n % len(SCREENS)]}","n":{n}}},"occurred_at":"{now}"}}'
        for n in range(first, first + AT_ONCE)
    )
    return f'{{"events":[{events}]}}'.encode()


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

    def add(self, status: int, answer: dict[str, Any]) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.inserted += answer.get("inserted", 0)
        self.duplicates += answer.get("duplicates", 0)


def send_all(address: str, tokens: list[str], *, distinct: int) -> Sent:
    """Each batch is sent twice, by two who are at it at about the same time. In a process of their own."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_phones, args=(address, tokens, distinct, THIS_RUN, theirs))
    process.start()
    theirs.close()  # so that a process that dies is noticed
    sent: Sent = ours.recv()
    process.join()
    return sent


def _phones(address: str, tokens: list[str], distinct: int, run: str, told: Connection) -> None:
    sent, firsts, lock = Sent(), list(range(0, distinct, AT_ONCE)), threading.Lock()
    half = len(tokens) // 2
    threads = [
        threading.Thread(target=_send, args=(Caller(address, token), firsts[number % half :: half], run, sent, lock))
        for number, token in enumerate(tokens)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.send(sent)


def _send(caller: Caller, firsts: list[int], run: str, sent: Sent, lock: threading.Lock) -> None:
    for first in firsts:
        body = batch(first, run)
        status, answer = caller.ask("POST", "/v1/events", body)
        while status in (429, 503):  # as a phone does: later again
            with lock:
                sent.add(status, {})
            time.sleep(0.1)
            status, answer = caller.ask("POST", "/v1/events", body)
        with lock:
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
