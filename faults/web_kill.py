"""F3: the web server killed with -9 in the middle of requests; clients try again with the same Idempotency-Key."""

from __future__ import annotations

import asyncio
import os
import random
from uuid import uuid4

import httpx
import psycopg
from _stack import Tally, Web, prepare, running, size

IN_FLIGHT = 8


async def sign_up(address: str) -> str:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        body = {"name": "Drill", "email": f"p{uuid4().hex[:12]}@uni.edu", "password": "correct horse"}
        await client.post("/v1/auth/register", json=body)
        reply = await client.post("/v1/auth/login", json=body)
        return str(reply.json()["access_token"])


async def post_device(address: str, token: str, key: str) -> bytes | None:
    """The answer, or None when the connection died: then nobody knows whether it happened."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    async with httpx.AsyncClient(base_url=address, timeout=20) as client:
        try:
            reply = await client.post("/v1/devices", json={"platform": "ios", "app_version": key}, headers=headers)
        except httpx.HTTPError:
            return None
        return reply.content if reply.status_code == 201 else None


async def until_answered(address: str, token: str, key: str) -> bytes:
    while True:
        answer = await post_device(address, token, key)
        if answer is not None:
            return answer
        await asyncio.sleep(0.05)


async def main() -> None:
    tally = Tally("Web: killed in the middle of requests")
    web = Web(RATE_LIMIT="off")
    cycles, keys, changed, unknown = size(60, 4), [], 0, 0
    with running(web):
        token = await sign_up(web.address)
        for _ in range(cycles):
            batch = [uuid4().hex for _ in range(IN_FLIGHT)]
            asked = [asyncio.create_task(post_device(web.address, token, key)) for key in batch]
            await asyncio.sleep(random.uniform(0, 0.5))
            web.kill()
            first = await asyncio.gather(*asked)
            web.start()
            final = await asyncio.gather(*(until_answered(web.address, token, key) for key in batch))
            unknown += first.count(None)
            changed += sum(1 for before, after in zip(first, final, strict=True) if before not in (None, after))
            keys += batch
    query = "SELECT count(*), count(DISTINCT app_version) FROM accounts_device WHERE app_version = ANY(%s)"
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute(query, [keys]).fetchone()
    assert row is not None
    tally.note(f"{cycles} kills, {unknown} of {len(keys)} answers lost on the way")
    tally.expect("requests sent until answered", row[1], len(keys))
    tally.expect("effects that happened twice", row[0] - row[1], 0)
    tally.expect("answers that changed when asked again", changed, 0)
    tally.finish()


if __name__ == "__main__":
    prepare()
    asyncio.run(main())
