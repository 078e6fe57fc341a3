"""F3, F15: web servers killed in the middle of money's requests, and fifty buyers at once for the last piece."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from uuid import uuid4

import httpx
from _money_books import ask, connected, end_leases
from _money_buyers import Buyers, Compared, Purchase
from _money_drill import Drill
from _money_shop import person, token
from _stack import Web, size

IN_FLIGHT = 6
BUYERS = 50


def killed(drill: Drill) -> None:
    drill.end_well(asyncio.run(kill_again_and_again(drill, drill.site.web, drill.buyers())))


async def kill_again_and_again(drill: Drill, web: Web, buyers: Buyers) -> list[str]:
    """Each time some are bought before, so that there is always an answer to compare, and some are on their way."""
    kills, compared, done = size(300, 2), Compared(), list[Purchase]()
    for _ in range(kills):
        purchases = [Purchase() for _ in range(IN_FLIGHT + 2)]
        await asyncio.gather(*(buyers.buy(each) for each in purchases[:2]))
        on_their_way = [asyncio.create_task(buyers.buy(each, tries=1)) for each in purchases[2:]]
        await asyncio.sleep(random.uniform(0, 0.8))
        web.kill()
        await asyncio.gather(*on_their_way)
        await asyncio.to_thread(web.start)
        await ask_again(buyers, purchases, compared)
        done += purchases
    tell(drill, buyers, compared, f"{kills} web servers killed")
    drill.tally.expect("orders for as many wishes", len({each.order for each in done}), len(done))
    drill.tally.expect("of them twice", ordered_by([each.name for each in done]) - len(done), 0)
    return [each.order for each in done]


async def ask_again(buyers: Buyers, purchases: list[Purchase], compared: Compared) -> None:
    """The server has died with claims in its hands; nobody waits for their leases here."""
    end_leases()
    before = [dict(each.answers) for each in purchases]
    await asyncio.gather(*(buyers.buy(each) for each in purchases))
    for answers, each in zip(before, purchases, strict=True):
        compared.note(answers, each.answers)


def tell(drill: Drill, buyers: Buyers, compared: Compared, what: str) -> None:
    drill.tally.note(f"{what}; {buyers.lost} answers lost on the way, {buyers.put_off} times told to ask later")
    drill.tally.expect(f"answers asked for again ({compared.same} the same): any", compared.same > 0, True)
    drill.tally.expect("answers that changed when asked again", compared.changed, 0)
    drill.tally.expect("answers that nobody planned", dict(buyers.strange), {})


def ordered_by(names: list[str]) -> int:
    return ask("SELECT count(*) FROM orders_order WHERE client_id = ANY(%s::uuid[])", names)


def last_piece(drill: Drill) -> None:
    rounds = size(1_000, 2)
    things = [str(drill.shop.offer(1).pk) for _ in range(rounds)]
    tokens = [token(person("buyer")) for _ in range(BUYERS)]
    seen = asyncio.run(all_at_once(drill.site.web.address, tokens, things))
    drill.tally.expect(f"{rounds} x {BUYERS} buyers of the last piece", dict(seen), {201: rounds, 409: 49 * rounds})
    orders = orders_of(things)
    drill.tally.expect("orders in the database", len(orders), rounds)
    drill.balance(orders)


def orders_of(things: list[str]) -> list[str]:
    with connected() as connection:
        rows = connection.execute("SELECT id FROM orders_order WHERE listing_id = ANY(%s::uuid[])", [things]).fetchall()
    return [str(row[0]) for row in rows]


async def all_at_once(address: str, tokens: list[str], things: list[str]) -> Counter[int]:
    limits = httpx.Limits(max_connections=BUYERS)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits, verify=False) as client:

        async def want(thing: str, bearer: str) -> int:
            headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": uuid4().hex}
            while True:  # a line on which nothing was said for a while may be hung up while we speak
                with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError):
                    return (await client.post("/v1/orders", json={"listing_id": thing}, headers=headers)).status_code

        seen = Counter[int]()
        for thing in things:
            seen.update(await asyncio.gather(*(want(thing, bearer) for bearer in tokens)))
        return seen
