"""Sign-in under fire: refresh races, limits under concurrency, guessing. Against four real server processes."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from uuid import uuid4

import httpx
from _stack import Tally, Web, prepare, running, size

PASSWORD = "correct horse"
GRACE_SECONDS = 10


async def register(client: httpx.AsyncClient) -> str:
    email = f"p{uuid4().hex[:12]}@uni.edu"
    reply = await client.post("/v1/auth/register", json={"name": "Drill", "email": email, "password": PASSWORD})
    assert reply.status_code == 201, reply.text
    return email


async def log_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/v1/auth/login", json={"email": email, "password": password})


async def refresh(client: httpx.AsyncClient, token: str) -> tuple[int, str]:
    reply = await client.post("/v1/auth/refresh", json={"refresh_token": token})
    return reply.status_code, reply.json().get("refresh_token", "")


async def refresh_races(tally: Tally, address: str) -> None:
    rounds, at_once = size(1_000, 60), 20
    statuses: Counter[int] = Counter()
    successors = forks = 0
    families: list[tuple[str, str]] = []
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    async with httpx.AsyncClient(base_url=address, timeout=30, limits=limits) as client:
        email = await register(client)
        for _ in range(rounds):
            token = (await log_in(client, email)).json()["refresh_token"]
            answers = await asyncio.gather(*(refresh(client, token) for _ in range(at_once)))
            statuses.update(status for status, _ in answers)
            pairs = {given for status, given in answers if status == 200}
            successors += len(pairs)
            forks += len(pairs) > 1
            families.append((token, pairs.pop()))
        tally.expect(
            f"{rounds} rounds x {at_once} parallel refreshes of one token, successor pairs", successors, rounds
        )
        tally.expect("rounds in which a token forked", forks, 0)
        tally.expect("answers by status", dict(statuses), {200: rounds * at_once})
        await asyncio.sleep(GRACE_SECONDS + 1)
        await replays(tally, client, families[-50:])


async def replays(tally: Tally, client: httpx.AsyncClient, families: list[tuple[str, str]]) -> None:
    replayed = Counter([(await refresh(client, used))[0] for used, _ in families])
    newest = Counter([(await refresh(client, latest))[0] for _, latest in families])
    tally.expect("a used token after 10 s", dict(replayed), {401: len(families)})
    tally.expect("the newest token of that family afterwards", dict(newest), {401: len(families)})


async def hold_the_limit(tally: Tally, address: str) -> None:
    people, connections, each, allowed = size(10, 2), 16, 50, 120
    seen = []
    for _ in range(people):
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            token = (await log_in(client, await register(client))).json()["access_token"]
        codes = await asyncio.gather(*(many(address, token, each) for _ in range(connections)))
        seen.append(sum((Counter(part) for part in codes), Counter[int]()))
    passed = sorted({count[200] for count in seen})
    tally.expect(
        f"{people} x ({connections} connections x {each} requests) against 120/minute, passed", passed, [allowed]
    )
    tally.expect(
        "and everything else was a 429", sorted({count[429] for count in seen}), [connections * each - allowed]
    )


async def many(address: str, token: str, count: int) -> list[int]:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        header = {"Authorization": f"Bearer {token}"}
        return [(await client.get("/v1/auth/me", headers=header)).status_code for _ in range(count)]


async def guess(tally: Tally, address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        email = await register(client)
        codes: list[int] = []
        for _ in range(3):
            replies = await asyncio.gather(*(log_in(client, email, "wrong") for _ in range(10)))
            codes += [reply.status_code for reply in replies]
        right = await log_in(client, email)
    tally.expect("30 wrong passwords, 10 at once", dict(Counter(codes)), {401: 10, 429: 20})
    tally.expect("the right one from the same address then", right.status_code, 429)
    tally.note(f"Retry-After: {right.headers['Retry-After']} s")


async def listen_to_the_clock(tally: Tally, address: str) -> None:
    """Interleaved, so that a busy machine is equally busy for both."""
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        names = {"known": await register(client), "unknown": "nobody@uni.edu"}
        for _ in range(size(200, 30)):
            for kind, email in names.items():
                started = time.perf_counter()
                await log_in(client, email, "wrong")
                times[kind].append(time.perf_counter() - started)
    known, unknown = (statistics.median(times[kind]) for kind in ("known", "unknown"))
    tally.expect("T8: median known / unknown address lies within 0.7 and 1.4", 0.7 < known / unknown < 1.4, True)
    tally.note(f"ratio {known / unknown:.3f}, {len(times['known'])} sign-ins each")


async def main() -> None:
    tally = Tally("People: races, limits, guessing")
    unlimited = Web(workers=4, RATE_LIMIT="off", RATE_LIMIT_REGISTER="off")
    with running(unlimited):
        await refresh_races(tally, unlimited.address)
        await listen_to_the_clock(tally, unlimited.address)
    limited = Web(workers=4)
    with running(limited):
        await hold_the_limit(tally, limited.address)
        await guess(tally, limited.address)
    tally.finish()


if __name__ == "__main__":
    prepare()
    asyncio.run(main())
