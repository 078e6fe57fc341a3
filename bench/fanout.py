"""One room, many sockets: ours beside a library's broadcast, stock Channels, and Socket.IO in Python and Node.

Full: 1,000 sockets each, about three minutes; a missed goal is a failure. SHORT=1: 200 sockets and one round of a
second each, and the ratios are only shown. What is compared is deliveries for a second of the server's processor.
"""

from __future__ import annotations

import asyncio
import os
import resource
import secrets
import statistics
import sys
import time
from dataclasses import dataclass, field

import uvloop
from _crowd import Crowd
from _fanout_who import BROADCAST, NODE, NODE_SOCKETIO, OURS, STOCK, Guest, guests
from _load import SHORT, Server, started
from _own_database import own_database

SOCKETS = 200 if SHORT else 1_000
FIRST = 50  # come before memory is looked at: what a server needs once is not what a socket needs
ROUNDS, SECONDS = (1, 1.0) if SHORT else (3, 4.0)
ON_THE_WAY = 4  # messages that not everybody has heard yet
CALM_RATE, CALM_SECONDS = 5.0, 2 if SHORT else 6
TICKS = os.sysconf("SC_CLK_TCK")
LEAST_OF_BROADCAST, LEAST_OF_STOCK, AIM_OF_NODE = 0.6, 10, 1.2
MOST_KIB, MOST_MS = 40, 50


@dataclass
class Place:
    """A server with its crowd, and what was measured there."""

    guest: Guest
    server: Server
    crowd: Crowd
    kib: float = 0.0  # of memory for each socket that is idle
    each_second: list[float] = field(default_factory=list)
    for_each_processor_second: list[float] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.guest.contender.name

    @property
    def efficiency(self) -> float:
        return statistics.median(self.for_each_processor_second)

    @property
    def lost(self) -> int:
        return self.crowd.unheard + self.crowd.out_of_turn + self.crowd.lost_connections

    def late(self, share: float) -> float:
        """In calm, seconds until everybody has heard a message, for that share of them."""
        return self.calm[int(len(self.calm) * share)]

    async def fill(self) -> None:
        await self.crowd.grow(FIRST)
        for _ in range(3):
            await self._say()
        await self.crowd.at_most_open(0)
        before = resident_kib(self.server.pid)
        await self.crowd.grow(SOCKETS)
        self.kib = (resident_kib(self.server.pid) - before) / (SOCKETS - FIRST)

    async def _say(self) -> None:
        await self.guest.saying(self.crowd.next())

    async def turn(self, *, counts: bool) -> None:
        """The next is said as soon as all have heard the fourth before it: nobody is asked for more than they can."""
        heard, processor, began = self.crowd.deliveries, processor_seconds(self.server.pid), time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            await self._say()
            await self.crowd.at_most_open(ON_THE_WAY - 1)
        await self.crowd.at_most_open(0)
        heard = self.crowd.deliveries - heard
        if counts:
            self.each_second.append(heard / (time.perf_counter() - began))
            self.for_each_processor_second.append(heard / (processor_seconds(self.server.pid) - processor))

    async def be_calm(self) -> None:
        self.crowd.delays.clear()
        for _ in range(int(CALM_RATE * CALM_SECONDS)):
            await self._say()
            await asyncio.sleep(1 / CALM_RATE)
        await self.crowd.at_most_open(0)
        self.calm = sorted(self.crowd.delays)


def processor_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        words = stat.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def resident_kib(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


async def measured() -> list[Place]:
    from _talk_data import talk
    from asgiref.sync import sync_to_async

    made = await sync_to_async(lambda: guests(talk(people=20, rooms=1)))()
    environment = {"SOCKETS_PER_ADDRESS": "100000", "SOCKETS_PER_PERSON": "1000"}
    environment["NODE_PATH"] = str(NODE / "node_modules")
    with started([guest.contender for guest in made], **environment) as servers:
        places = [
            Place(guest, servers[guest.contender.name], Crowd(servers[guest.contender.name].address, guest.manners))
            for guest in made
        ]
        for place in places:
            await place.fill()
        for round_number in range(ROUNDS + 1):
            for place in places:
                await place.turn(counts=round_number > 0)
        for place in places:
            await place.be_calm()
        for place in places:
            place.crowd.go_home()
    return places


def tell(places: list[Place]) -> None:
    ours = places[0]
    print(f"\nOne room, {SOCKETS:,} sockets{' (short form)' if SHORT else ''}, one process each")
    print(f"  {'':22}{'deliveries':>12}{'processor':>14}{'ours':>8}{'last of all':>13}{'memory':>14}{'lost':>6}")
    for place in places:
        print(
            f"  {place.name:22}{statistics.median(place.each_second):>10,.0f}/s"
            f"{1_000_000 / place.efficiency:>8.1f} µs each{ours.efficiency / place.efficiency:>7.2f}x"
            f"{place.late(0.99) * 1_000:>10.0f} ms{place.kib:>8.1f} KiB each{place.lost:>6}"
        )
    if NODE_SOCKETIO not in {place.name for place in places}:
        print("  Node's ws and Socket.IO were left out: there is no node here, or npm has nothing for it.")
    print(f"  (ours: how it compares; last of all: when everybody has heard it, at {CALM_RATE:.0f} messages a second)")


def judged(places: list[Place]) -> bool:
    by_name = {place.name: place for place in places}
    ours = by_name[OURS]
    verdicts = []
    for who, least in ((BROADCAST, LEAST_OF_BROADCAST), (STOCK, LEAST_OF_STOCK)):
        ratio = ours.efficiency / by_name[who].efficiency
        verdicts.append((ratio >= least, f"at least {least} x {who}: {ratio:.2f}"))
    late = ours.late(0.99) * 1_000
    verdicts += [
        (ours.lost == 0, f"lost, doubled or out of turn: {ours.lost}"),
        (ours.kib <= MOST_KIB, f"memory of an idle socket at most {MOST_KIB} KiB: {ours.kib:.1f}"),
        (late <= MOST_MS, f"99 of 100 heard by all within {MOST_MS} ms: {late:.0f}"),
    ]
    print()
    for is_met, verdict in verdicts:
        print(f"  {'✓' if is_met else '✗'} {verdict}")
    if NODE_SOCKETIO in by_name:
        ratio = ours.efficiency / by_name[NODE_SOCKETIO].efficiency
        print(f"    where we are going: {AIM_OF_NODE} x {NODE_SOCKETIO}; it is {ratio:.2f}")
    return all(is_met for is_met, _ in verdicts)


def main() -> int:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.environ |= {"JWT_SECRET": secrets.token_urlsafe(48), "JWT_ACCESS_MIN": "600"}
    with own_database("bench_fanout"):
        places = uvloop.run(measured())
    tell(places)
    return 0 if judged(places) or SHORT else 1


if __name__ == "__main__":
    sys.exit(main())
