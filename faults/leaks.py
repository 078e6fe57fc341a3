"""Nothing that opens a door is kept: no JWT and no password in a log, the database or Redis, after using them all.

People of this drill sign in and out, refresh, mistype, change passwords and put tokens where they do not belong,
at the most talkative log level. What earlier drills left behind is searched as well.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import httpx
import psycopg
import redis
from _stack import ENVIRONMENT, LOG, Tally, Web, Worker, prepare, running, size
from psycopg import sql

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill", LOG_LEVEL="WARNING")

PASSWORD = "correct horse"
PLANTED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLW5vYm9keQ"
QUIET = {"EMAIL_URL": "dummymail://", "LOG_LEVEL": "DEBUG"}  # letters carry links; the console is not their place


def use_everything(address: str) -> None:
    with httpx.Client(base_url=address, timeout=30) as client:
        person = {"email": f"l{secrets.token_hex(6)}@uni.edu", "password": PASSWORD}
        client.post("/v1/auth/register", json={"name": "Drill", **person}, headers=once()).raise_for_status()
        client.post("/v1/auth/login", json={**person, "password": f"{PASSWORD} no"}, headers=once())
        pair = client.post("/v1/auth/login", json=person, headers=once()).raise_for_status().json()
        pair = client.post("/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]}, headers=once()).json()
        bearer = {"Authorization": f"Bearer {pair['access_token']}"}
        misplace(client, pair, bearer)
        change = {"current_password": PASSWORD, "new_password": f"{PASSWORD} two"}
        pair = client.post("/v1/auth/password/change", json=change, headers=bearer | once()).raise_for_status().json()
        client.post("/v1/auth/password/forgot", json={"email": person["email"]})
        client.post("/v1/auth/email/request", json={"email": person["email"]})
        client.post("/v1/auth/logout", headers={"Authorization": f"Bearer {pair['access_token']}"})


def misplace(client: httpx.Client, pair: dict[str, str], bearer: dict[str, str]) -> None:
    """Tokens in queries, paths, headers and fields that are not made for them."""
    access, renewal = pair["access_token"], pair["refresh_token"]
    client.get("/v1/auth/me", params={"token": access}, headers=bearer)
    client.get(f"/v1/nowhere/{access}", headers=bearer)
    client.get(f"/v1/auth/me?ticket={renewal}&q={access}")
    client.get("/v1/auth/me", headers={"Authorization": f"Bearer {renewal}"})
    client.get("/v1/auth/me", headers=bearer | {"Referer": f"{client.base_url}?token={access}", "Cookie": access})
    client.post("/v1/auth/refresh", json={"refresh_token": access})
    client.post("/v1/auth/email/verify", json={"token": renewal})
    client.post("/v1/auth/password/reset", json={"token": renewal, "password": PASSWORD})
    client.post("/v1/auth/login", content=f'{{"password": "{PASSWORD}", "email": '.encode(), headers=bearer)
    client.post("/v1/auth/login", json={"password": [PASSWORD], "email": {"password": PASSWORD}}, headers=bearer)


def once() -> dict[str, str]:
    """What was answered to a repeatable request is remembered: it must not be a token."""
    return {"Idempotency-Key": secrets.token_hex(16)}


# ── Where to look ────────────────────────────────────────────────────────────────────────────────


def in_logs(ours: set[str]) -> list[str]:
    """Letters on the console hold links with tokens: elsewhere than in our own quiet processes that is their job."""
    from marketplace.tests.log_grep import JWT, patterns, secrets_in

    def is_ours(place: str) -> bool:
        return place.endswith(".log") or Path(place.rpartition(":")[0]).stem in ours

    everything = set(secrets_in(LOG, since={}, searched=patterns(PASSWORD)))
    never = set(secrets_in(LOG, since={}, searched=[JWT]))
    return sorted(never | {place for place in everything if is_ours(place)})


def in_database() -> list[str]:
    """Every value of every column of every table, as text."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        return [where for schema, table in tables for where in in_table(connection, schema, table)]


def in_table(connection: psycopg.Connection[Any], schema: str, table: str) -> Iterator[str]:
    with connection.cursor(name="everything") as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
        for row in cursor:
            for column, value in zip(cursor.description or (), row, strict=True):
                if is_secret(value):
                    yield f"{schema}.{table}.{column.name}"


def in_redis(store: Any) -> list[str]:
    return [repr(key) for key in store.scan_iter(count=1_000) if is_secret(key) or is_secret(contents(store, key))]


def contents(store: Any, key: bytes) -> Any:
    read = {
        b"string": lambda: store.get(key),
        b"list": lambda: store.lrange(key, 0, -1),
        b"set": lambda: store.smembers(key),
        b"zset": lambda: store.zrange(key, 0, -1),
        b"hash": lambda: store.hgetall(key),
        b"stream": lambda: store.xrange(key),
    }
    return read.get(store.type(key), lambda: None)()  # or it is gone by now


def is_secret(value: Any) -> bool:
    from marketplace.tests.log_grep import JWT

    text = bytes(value).decode(errors="replace") if isinstance(value, (bytes, memoryview)) else str(value)
    return bool(JWT.search(text)) or PASSWORD in text


# ── The search itself can fail ───────────────────────────────────────────────────────────────────


def find_what_is_planted(tally: Tally, store: Any) -> None:
    planted = LOG / "planted.log"
    planted.write_text(f"nothing\nbearer {PLANTED}\n")
    store.hset("planted", "token", PLANTED)
    ask("CREATE TABLE planted AS SELECT %s::text AS told, %s::bytea AS kept", PLANTED, PLANTED.encode())
    try:
        tally.expect("a planted token is found in a log", in_logs(set()).count(f"{planted}:2"), 1)
        tally.expect("in Redis", in_redis(store).count(repr(b"planted")), 1)
        seen = [where for where in in_database() if ".planted." in where]
        tally.expect("in the database, as text and as bytes", seen, ["public.planted.told", "public.planted.kept"])
    finally:
        planted.unlink()
        store.delete("planted")
        ask("DROP TABLE planted")


def ask(statement: str, *values: object) -> None:
    with psycopg.connect(
        os.environ["DATABASE_URL"], autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        connection.execute(statement.encode(), values)


def judge(tally: Tally, where: str, found: list[str]) -> None:
    tally.expect(f"tokens and passwords in {where}", len(found), 0)
    for place in sorted(set(found))[:20]:
        tally.note(place)


def main() -> None:
    tally = Tally("Leaks: logs, database and Redis after every token was used")
    store = redis.Redis.from_url(os.environ["REDIS_URL"])
    find_what_is_planted(tally, store)
    web, worker = Web(workers=2, RATE_LIMIT="off", **QUIET), Worker(**QUIET)
    people = size(50, 5)
    with running(web, worker):
        for _ in range(people):
            use_everything(web.address)
        time.sleep(5)  # the worker writes its letters
    tally.note(f"{people} people, {sum(path.stat().st_size for path in LOG.iterdir()):,} bytes of logs")
    judge(tally, "logs", in_logs({web.name}))
    judge(tally, "the database", in_database())
    judge(tally, "Redis", in_redis(store))
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    main()
