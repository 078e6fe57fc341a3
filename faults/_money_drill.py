"""What every phase of `money.py` is given, and how each ends: nothing lost, nothing doubled, all over in a minute."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import redis
from _money_books import WITHIN_SECONDS, end_leases, mistakes, nothing, unfinished, until_over
from _money_buyers import Buyers
from _money_cluster import Cluster
from _money_shop import Shop, token
from _money_workers import Workers
from _stack import SHORT, Tally, Web
from celery.utils.nodenames import anon_nodename


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

    def buyers(self, web: Web) -> Buyers:
        return Buyers(web.address, token(self.shop.buyer), str(self.shop.listing.pk))

    @property
    def origin(self) -> str:
        """The name our own messages carry."""
        return anon_nodename()

    def close(self) -> None:
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
