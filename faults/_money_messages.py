"""F12, F13: every message of the broker and every notification of the provider three times, late and shuffled."""

from __future__ import annotations

import time

from _money_books import ask, do, unfinished, until_over
from _money_drill import Drill
from _money_post import COPIES, THRICE, Post
from _money_shop import misbehave
from _stack import Web, Worker, running, size

MOST_WAITING = 200
DRAIN_SECONDS = 600.0
DONE = """SELECT count(*) FROM orders_simulatorrecord
  WHERE kind = %s AND state = 'succeeded' AND order_id = ANY(%s)"""
BOOKED = """SELECT count(*) FROM orders_ledgertransaction
  WHERE source LIKE %s AND order_id = ANY(%s::uuid[])"""
TOLD = """SELECT count(*) FROM orders_inboxevent e JOIN orders_simulatorwebhook w ON w.id::text = e.event_id
  WHERE w.order_id = ANY(%s)"""


def three_times(drill: Drill) -> None:
    do("UPDATE orders_simulatorwebhook SET due_at = NULL")  # of other phases, where nobody took them
    web = Web()
    post = Post(drill.broker, web.port)
    post.start()
    try:
        with running(web, *(Worker(queue=THRICE, SIMULATOR_WEBHOOK_URL=post.address) for _ in range(size(2, 1)))):
            orders = buy_many(drill, size(10_000, 20))
            until_over(orders, meanwhile=drill.shop.confirm_paid, within=DRAIN_SECONDS)
            drain(post)
    finally:
        post.stop()  # after the workers: what they asked for with their last breath is delivered as well
        drill.broker.delete(f"celery:{THRICE}")
    check_post(drill, post, orders)
    check_effects(drill, orders)
    drill.check(orders)


def buy_many(drill: Drill, count: int) -> list[str]:
    """Of every fifth, the answer to its payment is lost: there a notification may be what tells of it first."""
    orders: list[str] = []
    for n in range(count):
        orders.append(drill.shop.order("authorize"))
        if n % 5 == 0:
            misbehave("timeout_after", orders[-1], "authorize")
        if n % 50 == 49:
            keep_up(drill, orders[-2 * MOST_WAITING :])
    return orders


def keep_up(drill: Drill, recent: list[str]) -> None:
    drill.shop.confirm_paid()
    while unfinished(recent) > MOST_WAITING:
        drill.shop.confirm_paid()
        time.sleep(0.1)


def drain(post: Post) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    while not post.is_empty and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1)


def check_post(drill: Drill, post: Post, orders: list[str]) -> None:
    wanted = {"messages": COPIES * post.messages, "letters: 200": COPIES * post.letters}
    drill.tally.expect(
        f"deliveries of {post.messages} messages and {post.letters} notifications", dict(post.delivered), wanted
    )
    drill.tally.expect("notifications of them, each known once", ask(TOLD, orders), len(orders) * 3)
    drill.tally.expect("and not worked off", ask(f"{TOLD} AND e.processed_at IS NULL", orders), 0)


def check_effects(drill: Drill, orders: list[str]) -> None:
    for kind in ("authorize", "capture", "transfer"):
        drill.tally.expect(f"{kind}: effects at the provider", ask(DONE, kind, orders), len(orders))
        drill.tally.expect(f"{kind}: bookings", ask(BOOKED, f"%:{kind}:1", orders), len(orders))
