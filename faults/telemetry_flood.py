"""F21: a million events from ten phones at once, half of them sent twice. Each is counted once, and nobody else waits.

Full: 1,000,000 events. SHORT=1: 20,000, in seconds. Beside them somebody looks at listings, before and meanwhile.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
from _stack import ENVIRONMENT, SHORT, Tally, Web, prepare, running, size
from _telemetry_senders import Sent, looked_at, p95, send_all

SENDERS = 10
EVENTS = size(1_000_000, 20_000)
LOOKS = {"GET /v1/listings": "/v1/listings?page_size=20", "GET /v1/users/me": "/v1/users/me"}
BASELINE_SECONDS = size(20, 3)
MOST_MEGABYTES = 300
MOST_SECONDS_HELD = 5.0
MOST_SLOWER = 2.0
PAUSE = 0.02


def sign_up(address: str) -> str:
    person = {"name": "Drill", "email": f"p{uuid4().hex[:12]}@uni.edu", "password": "correct horse"}
    with httpx.Client(base_url=address, timeout=30) as client:
        client.post("/v1/auth/register", json=person).raise_for_status()
        return str(client.post("/v1/auth/login", json=person).raise_for_status().json()["access_token"])


def ask(query: str) -> int:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0


class Watch:
    """How large the server grows, and how long what follows the log of changes is held up."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.megabytes = self.megabytes_before = self._resident()
        self.longest_held = 0.0

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        horizon, since = 0, time.monotonic()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            while not self._is_over.wait(0.1):
                # the oldest that may still be written to; while nobody writes it is the next one and holds up nobody
                seen = connection.execute(
                    "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
                    " FROM pg_current_snapshot() AS s"
                ).fetchone()
                assert seen is not None
                if seen[0] != horizon or seen[0] == seen[1]:
                    horizon, since = seen[0], time.monotonic()
                self.longest_held = max(self.longest_held, time.monotonic() - since)
                self.megabytes = max(self.megabytes, self._resident())

    def _resident(self) -> int:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) // 1_024


def look(address: str, token: str, until: Callable[[], bool]) -> dict[str, float]:
    """The slowest twentieth of looks at each route."""
    found: dict[str, list[float]] = {}
    threads = [
        threading.Thread(
            target=lambda name=name, path=path: found.update(
                {name: looked_at(address, token, path, until=until, pause=PAUSE)}
            )
        )
        for name, path in LOOKS.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {name: p95(took) for name, took in found.items()}


def flood(web: Web, somebody: str, senders: list[str]) -> tuple[Sent, dict[str, float], Watch]:
    result: list[Sent] = []
    sending = threading.Thread(target=lambda: result.append(send_all(web.address, senders, distinct=EVENTS // 2)))
    assert web.popen is not None
    with Watch(web.popen.pid) as watch:
        sending.start()
        looks = look(web.address, somebody, lambda: not sending.is_alive())
        sending.join()
    return result[0], looks, watch


def main() -> None:
    tally = Tally(f"Telemetry: {EVENTS:,} events from {SENDERS} phones, each batch sent twice")
    web = Web(RATE_LIMIT="off")
    before = ask("SELECT count(*) FROM analytics_event WHERE event_type = 'screen.view'")
    with running(web):
        somebody, sender = sign_up(web.address), sign_up(web.address)  # few: a password's hash takes memory of its own
        look(web.address, somebody, over_after(1))  # warm
        calm = look(web.address, somebody, over_after(BASELINE_SECONDS))
        began = time.monotonic()
        sent, busy, watch = flood(web, somebody, [sender] * SENDERS)
        seconds = time.monotonic() - began
    stored = ask("SELECT count(*) FROM analytics_event WHERE event_type = 'screen.view'") - before
    distinct = ask("SELECT count(DISTINCT id) FROM analytics_event WHERE event_type = 'screen.view'") - before
    tally.note(f"{EVENTS / seconds:,.0f} events a second, answers {sent.statuses}")
    tally.expect("answers other than 202, 429 and 503", set(sent.statuses) - {202, 429, 503}, set())
    tally.expect("events stored", stored, EVENTS // 2)
    tally.expect("distinct events stored", distinct, EVENTS // 2)
    tally.expect("told as stored and as known", (sent.inserted, sent.duplicates), (EVENTS // 2, EVENTS // 2))
    tally.note(f"the server took {watch.megabytes_before} MB before, {watch.megabytes} MB at most")
    tally.expect(f"server below {MOST_MEGABYTES} MB ({watch.megabytes})", watch.megabytes < MOST_MEGABYTES, True)
    held = watch.longest_held
    tally.expect(f"changes held up for {held:.2f} s, below {MOST_SECONDS_HELD}", held < MOST_SECONDS_HELD, True)
    for name, slow in busy.items():
        ratio = slow / calm[name]
        tally.note(
            f"{name}: p95 {calm[name] * 1_000:.1f} ms before, {slow * 1_000:.1f} ms meanwhile ({ratio:.1f} times)"
        )
        if not SHORT:
            tally.expect(f"{name} at most {MOST_SLOWER} times as slow", ratio <= MOST_SLOWER, True)
    tally.finish()


def over_after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)
    prepare()
    main()
