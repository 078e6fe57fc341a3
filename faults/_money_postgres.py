"""F7, F12: PostgreSQL falls, again and again, while web servers and whole workers move money. Nobody restarts those."""

from __future__ import annotations

import asyncio
import random
import time

from _money_books import WITHIN_SECONDS, end_leases
from _money_buyers import Buyers, Compared, Purchase
from _money_drill import Drill
from _money_web import ordered_by, tell
from _stack import SHORT, size

CLIENTS = 4
RECOVERED_WITHIN = 15.0


def falls(drill: Drill) -> None:
    drill.end_well(asyncio.run(fall_again_and_again(drill, drill.buyers())))


async def fall_again_and_again(drill: Drill, buyers: Buyers) -> list[str]:
    stopping, done = asyncio.Event(), list[Purchase]()
    load = [asyncio.create_task(keep_buying(buyers, done, stopping)) for _ in range(CLIENTS)]
    times, recovered, served = size(50, 2), 0.0, 0.0
    for _ in range(times):
        end_leases()  # of the fall before: with half a minute for each, there would soon be nothing else to see
        await asyncio.sleep(random.uniform(1, 4))
        drill.cluster.fall()
        recovered = max(recovered, drill.cluster.start())
        served = max(served, await until_served(buyers))
    stopping.set()
    await brought_to_an_end(drill, load)
    compared = await ask_everything_again(buyers, done)
    tell(drill, buyers, compared, f"PostgreSQL fell {times} times, and was back within {recovered:.1f} s")
    drill.tally.expect(f"served again within 15 s of that ({served:.1f} s)", served < RECOVERED_WITHIN, True)
    drill.tally.expect("wishes that were ordered once", ordered_by([each.name for each in done]), len(done))
    return [each.order for each in done]


async def brought_to_an_end(drill: Drill, load: list[asyncio.Task[None]]) -> None:
    """What the last fall has cut off, with the leases it left."""
    if SHORT:
        end_leases()
    began = time.monotonic()
    await asyncio.gather(*load)
    took = time.monotonic() - began
    drill.tally.expect(f"what was cut off, done within a minute ({took:.1f} s)", took < WITHIN_SECONDS, True)


async def keep_buying(buyers: Buyers, done: list[Purchase], stopping: asyncio.Event) -> None:
    """Whatever was begun is brought to its end."""
    while not stopping.is_set():
        purchase = Purchase()
        await buyers.buy(purchase)
        done.append(purchase)


async def until_served(buyers: Buyers) -> float:
    ready = time.monotonic()
    while buyers.last_success < ready and time.monotonic() - ready < 4 * RECOVERED_WITHIN:
        await asyncio.sleep(0.02)
    return time.monotonic() - ready


async def ask_everything_again(buyers: Buyers, done: list[Purchase]) -> Compared:
    """What was answered before a fall is still so."""
    compared = Compared()
    for each in done:
        again = Purchase(each.name)
        await buyers.buy(again)
        compared.note(each.answers, again.answers)
    return compared
