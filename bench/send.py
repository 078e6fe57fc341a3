"""A message, stored, numbered and acknowledged: ours by socket and HTTP, beside pgbench and a FastAPI peer's INSERT.

The goal is the socket's: where people talk, and where there is an acknowledgement. HTTP is shown beside it.

Full: then a million messages and ten; a missed goal is a failure. SHORT=1: one round of a second each, 20,000 messages
and 60,000, and the ratios are only shown. GROWTH=off leaves out the messages by the million, GROWTH=only all the rest.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from uuid import UUID

from _load import ROOT, SHORT, Contender, pgbench, python, serving, wrk
from _own_database import own_database
from _send_data import grow, make_tables, write_lines, write_paths, write_statements
from _send_sockets import Speakers
from _talk_data import Talk, talk

SOCKET, HTTP, PEER, WHOLE, BARE = "ours, socket", "ours, HTTP", "FastAPI peer", "pgbench", "pgbench, write alone"
OURS = "ours"
WS = ("--ws", "marketplace.socket_server:SocketProtocol", "--ws-per-message-deflate", "false")
UVICORN = ("--port", "{port}", "--no-proxy-headers", "--no-access-log", "--log-level", "error")
SERVERS = [
    Contender(OURS, python("-m", "uvicorn", "marketplace.asgi:application", *WS, *UVICORN)),
    Contender(PEER, python("-m", "uvicorn", "_send_peer:app", "--app-dir", "bench", "--loop", "uvloop", *UVICORN)),
]
PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan -c jit=off"
PEOPLE, ROOMS = (20, 100) if SHORT else (100, 1_000)
ROUNDS, SECONDS = (1, 1) if SHORT else (3, 3)
SMALL, LARGE = (200, 600) if SHORT else (1_000, 10_000)  # messages in each of the rooms
LEAST, MOST_GROWTH = 0.5, 1.5
GROWTH = os.environ.get("GROWTH", "")
CASES = {"many rooms": ROOMS, "one room": 1}
HISTORY = {
    "newest page of 50": "/v1/messages?chat_id={room}",
    "a page further back": "/v1/messages?chat_id={room}&before_seq={seq}",
    "50 events after a number": "/v1/rooms/{room}/events?since={seq}&limit=50",
}

Turns = Mapping[str, Callable[[], float]]
Figures = dict[str, float]


class Bench:
    """All that takes part, and the loop in which the sockets live."""

    def __init__(self, made: Talk, addresses: Mapping[str, str], folder: Path) -> None:
        self.made, self.addresses, self.folder = made, addresses, folder
        self._loop = asyncio.new_event_loop()
        self.come_in()

    def come_in(self) -> None:
        """Also again: the server lets nobody stay who has not answered its pings for a minute."""
        self.speakers = Speakers()
        self._loop.run_until_complete(self.speakers.come_in(self.addresses[OURS], self.made))

    def by_socket(self, rooms: list[UUID]) -> float:
        return self._loop.run_until_complete(self.speakers.talk(rooms, SECONDS))

    def by_http(self, who: str, lines: Path) -> float:
        script = str(ROOT / "bench" / "_send_words.lua")
        said = [str(lines), f"{secrets.token_hex(8)}-"]
        address = self.addresses[who]
        return wrk(address, "--timeout", "20s", "-s", script, seconds=SECONDS, headers={}, arguments=said)

    def history(self, name: str, path: str, among: range) -> Callable[[], float]:
        paths = self.folder / f"{name}.txt"
        write_paths(paths, self.made.rooms, path, among)
        headers = {"Authorization": f"Bearer {self.made.tokens[0]}"}
        flags = ("--timeout", "20s", "-s", str(ROOT / "bench" / "_search_paths.lua"))
        return lambda: wrk(self.addresses[OURS], *flags, seconds=SECONDS, headers=headers, arguments=[str(paths)])

    def turns(self, rooms: list[UUID]) -> dict[str, Callable[[], float]]:
        lines = self.folder / f"lines-{len(rooms)}.txt"
        write_lines(lines, self.made, rooms)
        whole, bare = write_statements(self.folder, len(rooms))
        load = partial(pgbench, os.environ["DATABASE_URL"], seconds=SECONDS, options=PLANNED_ONCE)
        return {
            SOCKET: lambda: self.by_socket(rooms),
            HTTP: lambda: self.by_http(OURS, lines),
            PEER: lambda: self.by_http(PEER, lines),
            WHOLE: lambda: load(whole),
            BARE: lambda: load(bare),
        }


def measured(turns: Turns) -> Figures:
    """Everybody has their turn in every round; the first one warms up."""
    seen: dict[str, list[float]] = {who: [] for who in turns}
    for round_number in range(ROUNDS + 1):
        for who, turn in turns.items():
            figure = turn()
            if round_number > 0:
                seen[who].append(figure)
    return {who: statistics.median(figures) for who, figures in seen.items()}


def _sent(bench: Bench) -> dict[str, Figures]:
    results = {name: measured(bench.turns(bench.made.rooms[:rooms])) for name, rooms in CASES.items()}
    tell(results)
    return results


def grown(bench: Bench) -> list[Figures]:
    """What is asked and said in the same rooms when they hold little, and when they hold much."""
    at_sizes: list[Figures] = []
    for before, each in ((1_000_000, SMALL), (2_000_000, LARGE - SMALL)):  # above what was said while it was measured
        began = time.monotonic()
        grow(before + 1, before + each)
        print(f"{each * ROOMS:,} messages more ({time.monotonic() - began:.0f} s)", flush=True)
        bench.come_in()
        sending = bench.turns(bench.made.rooms)
        turns = {who: sending[who] for who in (SOCKET, HTTP, WHOLE)}
        turns |= {name: bench.history(name, path, range(before, before + each)) for name, path in HISTORY.items()}
        at_sizes.append(measured(turns))
    return at_sizes


def tell(results: Mapping[str, Figures]) -> None:
    print(f"\nMessages a second{' (short form)' if SHORT else ''}, one process each")
    print(f"  {'':14}" + "".join(f"{who:>22}" for who in (SOCKET, HTTP, PEER, WHOLE, BARE)))
    for name, figures in results.items():
        print(f"  {name:14}" + "".join(f"{figure:>20,.0f}/s" for figure in figures.values()))
        ratios = (f"{figures[who] / figures[WHOLE]:.2f} of pgbench" for who in figures)
        print(f"  {'':14}" + "".join(f"{ratio:>22}" for ratio in ratios))


def tell_growth(at_sizes: list[Figures]) -> Figures:
    small, large = at_sizes
    print(f"\nTime at {LARGE * ROOMS:,} messages as a multiple of that at {SMALL * ROOMS:,}")
    growth = {name: small[name] / large[name] if large[name] else float("inf") for name in small}
    for name, times in growth.items():
        print(f"  {name:26}{times:>6.2f} x   ({small[name]:,.0f}/s, {large[name]:,.0f}/s)")
    return growth


def judged(results: Mapping[str, Figures], growth: Mapping[str, float]) -> bool:
    verdicts: list[tuple[bool, str]] = []
    if results:
        figures = results["many rooms"]
        ratio = figures[SOCKET] / figures[WHOLE]
        verdicts.append((ratio >= LEAST, f"{SOCKET}: at least {LEAST} of pgbench: {ratio:.2f}"))
    verdicts += [
        (times <= MOST_GROWTH, f"{name}: grows at most {MOST_GROWTH} x: {times:.2f}")
        for name, times in growth.items()
        if name != WHOLE
    ]
    print()
    for is_met, verdict in verdicts:
        print(f"  {'✓' if is_met else '✗'} {verdict}")
    return all(is_met for is_met, _ in verdicts)


def main() -> int:
    os.environ |= {"JWT_SECRET": secrets.token_urlsafe(48), "JWT_ACCESS_MIN": "600"}
    sockets = {"SOCKETS_PER_ADDRESS": "100000", "SOCKETS_PER_PERSON": "1000"}
    with tempfile.TemporaryDirectory() as folder, own_database("bench_send", waits_for_disk=True):
        made = talk(people=PEOPLE, rooms=ROOMS)
        make_tables(made)
        with serving(SERVERS, **sockets) as addresses:
            bench = Bench(made, addresses, Path(folder))
            results = {} if GROWTH == "only" else _sent(bench)
            growth = {} if GROWTH == "off" else tell_growth(grown(bench))
    return 0 if judged(results, growth) or SHORT else 1


if __name__ == "__main__":
    sys.exit(main())
