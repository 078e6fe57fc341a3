"""F1-F3, F26: workers killed with -9 at every point of every request, web servers in the middle of requests, workers
frozen past their lease, Redis emptied, every message three times, fifty at once for the last piece.

After each, the books are checked in SQL: nothing lost, nothing doubled, every payment at its end within a minute.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from uuid import uuid4

import django
import httpx
import redis
from _money_books import end_leases, faults, unfinished
from _money_worker import POINTS
from _stack import ENVIRONMENT, LOG, ROOT, Tally, Web, Worker, prepare, running, size

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill", DEMO_DATA="off")
os.environ.update(ORDER_FEE_BPS="850", ORDER_MOST_UNPAID="0", RATE_LIMIT="off")
ENVIRONMENT.update(ORDER_FEE_BPS="850", ORDER_MOST_UNPAID="0")

UNTIL_DUE = {
    "authorize": ["pay"],
    "void": ["pay", "drive", "cancel"],
    "capture": ["pay", "drive", "confirm"],
    "refund": ["pay", "capture", "cancel"],
    "transfer": ["pay", "capture", "confirm"],
}
WITHIN_SECONDS = 60.0
BEGAN = time.monotonic()


class Workers:
    """One worker at a time, forked in milliseconds."""

    def __init__(self) -> None:
        command = [sys.executable, str(ROOT / "faults" / "_money_worker.py")]
        environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT), "ORDER_FEE_BPS": "850"}
        with (LOG / "money-workers.out").open("ab") as out:
            self._mother = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, cwd=ROOT, env=environment, text=True
            )

    def start(self, number: int = 0, point: str = "", kind: str = "") -> int:
        assert self._mother.stdin is not None
        self._mother.stdin.write(f"{number},{point},{kind}\n")
        self._mother.stdin.flush()
        return int(self._said())

    def status(self) -> int:
        """Of the one that has ended; waits for its end."""
        return int(self._said())

    def _said(self) -> str:
        """Whatever else is written there is no number."""
        assert self._mother.stdout is not None
        for line in self._mother.stdout:
            if line.strip().isdigit():
                return str(line)
        raise SystemExit(f"the workers ended; see {LOG}")

    def work_off(self, orders: list[str]) -> float:
        """A healthy one, until every order is over; for how long it took."""
        began, pid = time.monotonic(), self.start()
        while unfinished(orders) and time.monotonic() - began < WITHIN_SECONDS:
            end_leases()
            time.sleep(0.05)
        took = time.monotonic() - began
        os.kill(pid, signal.SIGKILL)
        self.status()
        return took

    def close(self) -> None:
        self._mother.kill()
        self._mother.wait()


class Shop:
    """People and pieces, and orders brought to where a request is due."""

    def __init__(self) -> None:
        from accounts.models import User
        from listings.models import Category, Listing
        from listings.services import listings

        seller, self.buyer = (User.objects.create(username=f"{part}-{uuid4().hex[:12]}") for part in ("s", "b"))
        self.category = Category.objects.earliest("created_at")
        facts = {"title": "Drill", "price_cents": 10_001, "category": self.category}
        self.listing: Listing = listings.offer(seller, facts=facts, quantity=100_000)
        self.seller = seller

    def order(self, kind: str = "transfer") -> str:
        """Nothing is asked of the provider here but what comes before."""
        from orders.services import placing

        order = placing.place(self.buyer, placing.Wish(self.listing.pk))[0]
        for act in UNTIL_DUE[kind]:
            self._do(act, order.pk)
        return str(order.pk)

    def _do(self, act: str, order_id: object) -> None:
        from uuid import UUID

        from orders.lifecycle import Party, Step
        from orders.services import ending, operations, paying
        from orders.services.moving import By, lock

        assert isinstance(order_id, UUID)
        match act:
            case "pay":
                paying.pay(self.buyer, order_id)
            case "drive":
                operations.drive(order_id)
            case "capture":
                paying.capture(self.buyer, order_id)
            case "confirm":
                ending._confirm(self.buyer, order_id)
            case "cancel":
                from django.db import transaction

                with transaction.atomic():
                    ending.call_off(lock(order_id), Step.BUYER_CANCEL, by=By(Party.BUYER, self.buyer))


def check(tally: Tally, orders: list[str], took: float | None = None) -> None:
    tally.note(f"{time.monotonic() - BEGAN:.0f} s since the beginning")
    tally.expect(f"of {len(orders)} orders not at their end", unfinished(orders), 0)
    tally.expect("mistakes in the books", faults(orders), [])
    if took is not None:
        tally.expect(f"at their end within a minute ({took:.1f} s)", took < WITHIN_SECONDS, True)


# ── Workers ──────────────────────────────────────────────────────────────────────────────────────


def killed_at_every_point(tally: Tally, shop: Shop, workers: Workers) -> None:
    rounds, orders, died = size(10, 1), [], 0
    for kind in UNTIL_DUE:
        for point in POINTS:
            for _ in range(rounds):
                orders.append(shop.order(kind))
                workers.start(signal.SIGKILL, point, kind)
                died += workers.status() == signal.SIGKILL
                end_leases()
    took = workers.work_off(settle(shop, orders))
    tally.expect("workers killed, at 4 points of 5 kinds of request", died, rounds * len(UNTIL_DUE) * len(POINTS))
    check(tally, orders, took)


def settle(shop: Shop, orders: list[str]) -> list[str]:
    """What was only paid for so far is confirmed, once it is paid."""
    from orders.models import Order
    from orders.services import ending

    for order in Order.objects.filter(pk__in=orders, state__in=("created", "paying", "funded")):
        ending.complete(shop.buyer, order.pk) if order.state == "funded" else ending.cancel(shop.buyer, order.pk)
    return orders


def killed_at_random(tally: Tally, shop: Shop, workers: Workers) -> None:
    from orders.models.simulator import SimulatorFault

    kills, orders = size(1_000, 10), []
    for n in range(kills):
        orders += [shop.order("capture") for _ in range(2)]
        fault = ("", "timeout_before", "timeout_after", "error_after")[n % 4]
        if fault:
            SimulatorFault.objects.create(fault=fault, order_id=orders[-1])
        pid = workers.start()
        time.sleep(random.uniform(0.01, 0.15))
        os.kill(pid, signal.SIGKILL)
        workers.status()
        end_leases()
    took = workers.work_off(orders)
    tally.note(f"{kills} kills at random, with timeouts before and after the effect")
    check(tally, orders, took)


def frozen(tally: Tally, shop: Shop, workers: Workers, others: Workers) -> None:
    rounds, orders = size(20, 2), []
    for n in range(rounds):
        kind = list(UNTIL_DUE)[n % 4 + 1]
        order = shop.order(kind)
        orders.append(order)
        pid = workers.start(signal.SIGSTOP, POINTS[1 + n % 2], kind)
        until_stopped(pid)
        others.work_off([order])
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        workers.status()
    tally.note(f"{rounds} workers frozen in the provider's call, woken when another had done their work")
    check(tally, orders)


def until_stopped(pid: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "T":
                return
        time.sleep(0.01)
    raise SystemExit("the worker did not freeze")


def redis_emptied_and_messages_thrice(tally: Tally, shop: Shop) -> None:
    """Real Celery workers, two of them; their broker is emptied, and every message comes three times."""
    from orders.tasks import work_off_money

    wipes, orders = size(50, 1), []
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    with running(Worker(), Worker()):
        for _ in range(wipes):
            orders += [shop.order("capture") for _ in range(10)]
            for _ in range(3 * 10):
                work_off_money.delay()
            time.sleep(random.uniform(0, 0.5))
            broker.flushdb()
        began = time.monotonic()
        while unfinished(orders) and time.monotonic() - began < WITHIN_SECONDS:
            time.sleep(0.2)
        took = time.monotonic() - began
    tally.note(f"Redis emptied {wipes} times under two workers")
    check(tally, orders, took)


# ── Web ──────────────────────────────────────────────────────────────────────────────────────────


async def sign_up(address: str) -> str:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        body = {"name": "Drill", "email": f"p{uuid4().hex[:12]}@uni.edu", "password": "correct horse"}
        await client.post("/v1/auth/register", json=body)
        return str((await client.post("/v1/auth/login", json=body)).json()["access_token"])


async def post(address: str, token: str, path: str, body: dict[str, object], key: str) -> httpx.Response | None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        try:
            return await client.post(path, json=body, headers=headers)
        except httpx.HTTPError:
            return None


async def bought(address: str, token: str, listing: str, name: str) -> tuple[str, str] | None:
    """Ordered and paid under keys of its own: the order and its payment. None when the connection died."""
    body: dict[str, object] = {"listing_id": listing, "client_id": name}
    ordered = await post(address, token, "/v1/orders", body, name)
    if ordered is None or ordered.status_code >= 500:
        return None
    paid = await post(address, token, f"/v1/orders/{ordered.json()['id']}/pay", {}, name)
    if paid is None or paid.status_code != 202:
        return None
    return ordered.json()["id"], paid.json()["payment_id"]


async def until_bought(address: str, token: str, listing: str, name: str) -> tuple[str, str]:
    while True:
        answer = await bought(address, token, listing, name)
        if answer is not None:
            return answer
        await asyncio.sleep(0.05)


async def web_killed(tally: Tally, shop: Shop, web: Web) -> list[str]:
    token = await sign_up(web.address)
    kills, names, unknown, changed, orders = size(300, 2), 0, 0, 0, []
    for _ in range(kills):
        batch = [str(uuid4()) for _ in range(6)]
        asked = [asyncio.create_task(bought(web.address, token, str(shop.listing.pk), name)) for name in batch]
        await asyncio.sleep(random.uniform(0, 0.6))
        web.kill()
        first = await asyncio.gather(*asked)
        web.start()
        final = [await until_bought(web.address, token, str(shop.listing.pk), name) for name in batch]
        unknown += first.count(None)
        changed += sum(1 for before, after in zip(first, final, strict=True) if before not in (None, after))
        orders += [order for order, _ in final]
        names += len(batch)
    tally.note(f"{kills} web kills, {unknown} of {names} answers lost on the way")
    tally.expect("orders for as many wishes", len(set(orders)), names)
    tally.expect("answers that changed when asked again", changed, 0)
    return orders


async def last_piece(tally: Tally, shop: Shop, web: Web) -> None:
    from listings.services import listings

    tokens = [await sign_up(web.address) for _ in range(50)]
    rounds, seen = size(1_000, 2), Counter[int]()
    for _ in range(rounds):
        facts = {"title": "Last", "price_cents": 5_000, "category": shop.category}
        thing = await asyncio.to_thread(listings.offer, shop.seller, facts=facts, quantity=1)
        wishes = [
            post(web.address, token, "/v1/orders", {"listing_id": str(thing.pk)}, uuid4().hex) for token in tokens
        ]
        seen.update(0 if reply is None else reply.status_code for reply in await asyncio.gather(*wishes))
    tally.expect(f"{rounds} x 50 buyers of the last piece", dict(seen), {201: rounds, 409: 49 * rounds})


def main() -> None:
    tally = Tally("Money: workers, servers and Redis killed while it moves")
    shop, workers, others = Shop(), Workers(), Workers()
    try:
        killed_at_every_point(tally, shop, workers)
        killed_at_random(tally, shop, workers)
        frozen(tally, shop, workers, others)
        redis_emptied_and_messages_thrice(tally, shop)
        web = Web(RATE_LIMIT="off", ORDER_MOST_UNPAID="0")
        with running(web):
            orders = asyncio.run(web_killed(tally, shop, web))
            asyncio.run(last_piece(tally, shop, web))
        finish(orders)
        check(tally, orders, workers.work_off(orders))
    finally:
        workers.close()
        others.close()
    tally.finish()


def finish(orders: list[str]) -> None:
    """Whoever has paid is content."""
    from orders.models import Order
    from orders.services import ending

    for order in Order.objects.filter(pk__in=orders).select_related("buyer"):
        from orders.services import operations

        operations.drive(order.pk)
        ending._confirm(order.buyer, order.pk)


if __name__ == "__main__":
    prepare()
    django.setup()
    main()
