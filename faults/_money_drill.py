"""What every phase of `money.py` is given, and how each ends: nothing lost, nothing doubled, all over in a minute."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import redis
from _money_books import WITHIN_SECONDS, end_leases, mistakes, nothing, unfinished, until_at_work, until_over
from _money_buyers import Buyers
from _money_cluster import Cluster
from _money_shop import Shop, token
from _money_workers import Workers
from _stack import SHORT, Tally, Web, Worker
from celery.utils.nodenames import anon_nodename


class Site:
    """A web server and two whole workers: started when first wanted, and kept for the phases that follow."""

    def __init__(self) -> None:
        self.web, self.pair = Web(), (Worker("worker-1"), Worker("worker-2"))
        for each in (*self.pair, self.web):  # the server last: it is waited for, and the workers get ready meanwhile
            each.start()
        until_at_work(*(each.name for each in self.pair))

    def stop(self) -> None:
        for each in (self.web, *self.pair):
            each.stop()


@dataclass
class Drill:
    tally: Tally
    cluster: Cluster

    def __post_init__(self) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)

    @cached_property
    def shop(self) -> Shop:
        return Shop()

    @cached_property
    def workers(self) -> Workers:
        return Workers()

    @cached_property
    def broker(self) -> redis.Redis[bytes]:
        return redis.Redis.from_url(os.environ["REDIS_URL"])

    def buyers(self) -> Buyers:
        return Buyers(self.site.web.address, token(self.shop.buyer), str(self.shop.listing.pk))

    @property
    def origin(self) -> str:
        """The name our own messages carry."""
        return anon_nodename()

    @cached_property
    def site(self) -> Site:
        return Site()

    def be_alone(self) -> None:
        """No worker but those a phase starts for itself."""
        site = self.__dict__.pop("site", None)
        if site is not None:
            site.stop()

    def close(self) -> None:
        self.be_alone()
        if "workers" in self.__dict__:
            self.workers.close()

    def work_off(self, orders: list[str], *, hurry: bool = SHORT) -> float:
        """A healthy worker, until every order is over; for how long it took. Who hurries does not wait for leases."""
        if hurry:
            end_leases()
        with self.workers.one_healthy():
            return until_over(orders, meanwhile=self.shop.confirm_paid)

    def end_well(self, orders: list[str], *, meanwhile: Callable[[], object] = nothing) -> None:
        """While whole workers run: all is over within a minute, and right."""
        if SHORT:
            end_leases()
        self.check(orders, until_over(orders, meanwhile=meanwhile))

    def check(self, orders: Sequence[str], took: float | None = None) -> None:
        orders = [*dict.fromkeys(orders)]
        if took is not None:
            self.tally.expect(f"all over within a minute ({took:.1f} s)", took < WITHIN_SECONDS, True)
        self.tally.expect(f"of {len(orders)} orders not at their end", unfinished(orders), 0)
        self.balance(orders)

    def balance(self, orders: Sequence[str]) -> None:
        found = mistakes(orders)
        self.tally.expect(f"mistakes in the books of {len(orders)} orders", len(found), 0)
        for each in found[:20]:
            self.tally.note(each)
