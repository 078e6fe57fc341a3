"""F23: SIGTERM under load, again and again. Whatever was begun is answered; nothing happens behind a lost answer.

A connection that the closing server had not read from yet may be dropped: its request has not happened, and sending
it again is safe. The drill looks into the database to tell the two apart.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from uuid import uuid4

import httpx
import psycopg
from _stack import Tally, Web, prepare, running, size

CLIENTS = 6


async def register(address: str, outcomes: Counter[str], dropped: list[str], stopping: asyncio.Event) -> None:
    """One connection a request: a server that has closed its door refuses it, which is no harm."""
    while not stopping.is_set():
        email = f"p{uuid4().hex}@uni.edu"
        body = {"name": "Drill", "email": email, "password": "correct horse"}
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            try:
                reply = await client.post("/v1/auth/register", json=body, headers={"Connection": "close"})
                outcomes[str(reply.status_code)] += 1
            except httpx.ConnectError:
                outcomes["refused"] += 1
                await asyncio.sleep(0.05)
            except httpx.HTTPError:
                dropped.append(email)


def happened(emails: list[str]) -> int:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM accounts_user WHERE email = ANY(%s)", [emails]).fetchone()
    assert row is not None
    return int(row[0])


async def main() -> None:
    tally = Tally("Web: restarted under load")
    web, outcomes, stopping = Web(RATE_LIMIT="off"), Counter[str](), asyncio.Event()
    dropped: list[str] = []
    restarts = size(20, 3)
    with running(web):
        load = [asyncio.create_task(register(web.address, outcomes, dropped, stopping)) for _ in range(CLIENTS)]
        for _ in range(restarts):
            await asyncio.sleep(random.uniform(1, 2))
            await asyncio.to_thread(web.stop)
            await asyncio.to_thread(web.start)
        stopping.set()
        await asyncio.gather(*load)
    answered = outcomes.pop("201", 0)
    refused = outcomes.pop("refused", 0)
    tally.note(f"{restarts} restarts: {answered} answered, {refused} refused, {len(dropped)} dropped unread")
    tally.expect("answered at all", answered > 0, True)
    tally.expect("answered with an error", dict(outcomes), {})
    tally.expect("dropped, and yet it happened", happened(dropped), 0)
    tally.finish()


if __name__ == "__main__":
    prepare()
    asyncio.run(main())
