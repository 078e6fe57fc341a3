"""F7, F12: PostgreSQL falls, again and again, while web servers and whole workers move money. Nobody restarts those."""

from __future__ import annotations

import asyncio
import random
import threading
import time

from _money_books import WITHIN_SECONDS, end_leases
from _money_buyers import Buyers, Compared, Purchase
from _money_drill import Drill
from _money_web import ordered_by, tell
from _stack import SHORT, size

CLIENTS = 4
RECOVERED_WITHIN = 15.0


class Load:
    """Phones that buy and buy, in a thread of their own: they go on asking while there is nobody to answer."""

    def __init__(self, buyers: Buyers) -> None:
        self.buyers, self.done = buyers, list[Purchase]()
        self.compared = Compared()
        self._stopping, self._bought = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    def stop_buying(self) -> float:
        """Whatever was begun is brought to its end; for how long that took."""
        began = time.monotonic()
        self._stopping.set()
        self._bought.wait(2 * WITHIN_SECONDS)
        return time.monotonic() - began

    def ask_again(self) -> None:
        self._thread.join()

    async def _run(self) -> None:
        await asyncio.gather(*(self._keep_buying() for _ in range(CLIENTS)))
        self._bought.set()
        for each in self.done:
            again = Purchase(each.name)
            await self.buyers.buy(again)
            self.compared.note(each.answers, again.answers)

    async def _keep_buying(self) -> None:
        while not self._stopping.is_set():
            purchase = Purchase()
            await self.buyers.buy(purchase)
            self.done.append(purchase)


def falls(drill: Drill) -> None:
    buyers, times = drill.buyers(), size(50, 1)
    load = Load(buyers)
    recovered, served = fall(drill, buyers, times)
    if SHORT:
        end_leases()
    took = load.stop_buying()
    load.ask_again()
    tell(drill, buyers, load.compared, f"PostgreSQL fell {times} times, and was back within {recovered:.1f} s")
    drill.tally.expect(f"served again within 15 s of that ({served:.1f} s)", served < RECOVERED_WITHIN, True)
    drill.tally.expect(f"what was cut off, done within a minute ({took:.1f} s)", took < WITHIN_SECONDS, True)
    ordered = ordered_by([each.name for each in load.done])
    drill.tally.expect("wishes that were ordered once", ordered, len(load.done))
    drill.end_well([each.order for each in load.done])


def fall(drill: Drill, buyers: Buyers, times: int) -> tuple[float, float]:
    """The longest it took until PostgreSQL answered, and from then on until a buyer was served."""
    recovered, served = 0.0, 0.0
    for _ in range(times):
        end_leases()  # of the fall before: with half a minute for each, there would soon be nothing else to see
        time.sleep(random.uniform(1, 4))
        drill.cluster.fall()
        recovered = max(recovered, drill.cluster.start())
        served = max(served, until_served(buyers))
    return recovered, served


def until_served(buyers: Buyers) -> float:
    ready = time.monotonic()
    while buyers.last_success < ready and time.monotonic() - ready < 4 * RECOVERED_WITHIN:
        time.sleep(0.02)
    return time.monotonic() - ready
