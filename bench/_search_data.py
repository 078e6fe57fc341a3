"""Two markets in databases of their own, dropped afterwards: the small one seeded, the large one grown out of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg
from _load import ROOT, SHORT, python

KEEP = bool(os.environ.get("KEEP"))  # leave the databases for the next run, while something is being tuned
SMALL, TIMES = (20_000, 3) if SHORT else (200_000, 10)
NAME = "bench_search_short" if SHORT else "bench_search"
PEOPLE = 200 if SHORT else 2_000
PICKED = 5_000
APART_MS = 2_000_000  # how far apart the ids of two copies are


@dataclass(frozen=True)
class Market:
    name: str
    listings: int

    @property
    def url(self) -> str:
        return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{self.name}").geturl()

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(self.url) as database:
            return database.execute(query.encode()).fetchall()

    def do(self, statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as database:
            database.execute(statements.encode())

    @property
    def is_complete(self) -> bool:
        """Was it left by an earlier run, with the table that is made last?"""
        try:
            return bool(self.rows("SELECT count(*) FROM listings_listing, bench_done") == [(self.listings,)])
        except psycopg.Error:
            return False


@contextmanager
def markets() -> Iterator[tuple[Market, Market]]:
    small, large = Market(NAME, SMALL), Market(f"{NAME}_large", SMALL * TIMES)
    try:
        if KEEP and small.is_complete and large.is_complete:
            for market in (small, large):
                _bring_up_to_date(market)
        else:
            _fill(small)
            _grow(large, out_of=small)
        for market in (small, large):
            _read_once(market)
        yield small, large
    finally:
        if not KEEP:
            for market in (small, large):
                on_server(f"DROP DATABASE IF EXISTS {market.name} WITH (FORCE)")


def on_server(*statements: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        for statement in statements:
            server.execute(statement.encode())


def _fill(market: Market) -> None:
    print(f"Filling {market.name} with {market.listings:,} listings", flush=True)
    on_server(f"DROP DATABASE IF EXISTS {market.name} WITH (FORCE)", f"CREATE DATABASE {market.name}")
    _manage(market, "prepare")
    _manage(market, "seed_demo", "--listings", str(market.listings), "--users", str(PEOPLE), "--photos", "0")
    _run(market, PHOTOS)
    _finish(market)


def _manage(market: Market, *words: str) -> None:
    environment = {**os.environ, "DATABASE_URL": market.url, "DEMO_DATA": "off", "LOG_FILES": "false"}
    subprocess.run(python("manage.py", *words), cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def _bring_up_to_date(market: Market) -> None:
    """What was left by an earlier run may be older than the migrations."""
    _manage(market, "migrate", "--verbosity", "0")
    with psycopg.connect(market.url, autocommit=True) as database:
        database.execute("VACUUM ANALYZE listings_listing, listings_fresh")


def _read_once(market: Market) -> None:
    """All of it through the system's cache, at both sizes alike: a disk is not what is measured here."""
    with psycopg.connect(market.url, autocommit=True) as database:
        database.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        database.execute(
            """SELECT count(pg_prewarm(oid::regclass, 'read')) FROM pg_class
               WHERE relkind IN ('r', 'i') AND relname ~ '^(listing|fresh|accounts_|bench_)'"""
        )


# A picture for every second listing: rows alone, for nobody looks at them
PHOTOS = """
INSERT INTO listings_photo (id, listing_id, storage_key, position, state, trouble, content_type, size_bytes,
  width, height, colour, attempts, due_at, created_at)
SELECT id, id, 'listings/' || id || '/' || id || '.jpg', 0, 'ready', '', 'image/jpeg', 90000,
  1000, 750, '#a0b0c0', 0, created_at, created_at
FROM listings_listing WHERE number % 2 = 0
"""


def _grow(market: Market, *, out_of: Market) -> None:
    """Copies with other ids, times and places. Their words come with them, so the trigger need not find them again."""
    print(f"Growing {market.name} to {market.listings:,} listings", flush=True)
    on_server(
        f"DROP DATABASE IF EXISTS {market.name} WITH (FORCE)",
        f"CREATE DATABASE {market.name} TEMPLATE {out_of.name} STRATEGY file_copy",
    )
    with psycopg.connect(market.url) as database:
        database.execute("SET maintenance_work_mem = '1GB'")
        database.execute("SELECT setseed(0.5)")
        database.execute(MOVED.encode())
        for table in ("listings_listing", "listings_photo"):
            database.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        _without_references(database)
        indexes = _without_indexes(database)
        for table in ("listings_listing", "listings_photo"):
            _copy_rows(database, table)
        database.execute("SELECT listings_draw_all()")
        for index in indexes:
            database.execute(index)
        for table in ("listings_listing", "listings_photo"):
            database.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    _finish(market)


def _without_references(database: psycopg.Connection[Any]) -> None:
    """What is copied refers to what its original refers to; checking it takes longer than copying it."""
    found = database.execute(
        """SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f'
           AND conrelid = ANY('{listings_listing, listings_photo, listings_card}'::regclass[])"""
    ).fetchall()
    for table, name in found:
        database.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())


def _without_indexes(database: psycopg.Connection[Any]) -> list[bytes]:
    """Drops what is slow to keep up to date, and says how to make it again."""
    found = database.execute(
        """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
           WHERE i.indrelid = 'listings_listing'::regclass AND NOT i.indisunique"""
    ).fetchall()
    for name, _ in found:
        database.execute(f"DROP INDEX {name}".encode())
    return [definition.encode() for _, definition in found]


# A time-ordered id with another time
MOVED = f"""
CREATE FUNCTION bench_moved(id uuid, copy integer) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (lpad(to_hex(
    ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint + copy * {APART_MS}), 12, '0')
  || right(replace(id::text, '-', ''), 20))::uuid"""
OTHERWISE = {
    "id": "bench_moved(old.id, copy)",
    "listing_id": "bench_moved(old.listing_id, copy)",
    "created_at": "created_at - copy * random() * interval '1 hour'",
    "location": """ST_MakePoint(ST_X(location::geometry) + (random() - 0.5) * 0.02,
      ST_Y(location::geometry) + (random() - 0.5) * 0.02)::geography""",
    "storage_key": "copy || storage_key",
}


def _copy_rows(database: psycopg.Connection[Any], table: str) -> None:
    columns = [
        name
        for (name,) in database.execute(
            """SELECT column_name FROM information_schema.columns WHERE table_name = %s
               AND is_generated = 'NEVER' AND column_name <> 'number'""",
            [table],
        )
    ]
    values = ", ".join(OTHERWISE.get(name, f"old.{name}") for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    copies = f"generate_series(1, {TIMES - 1}) AS copy"
    database.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} old, {copies}".encode())


# What pgbench and wrk draw their parameters from
PICK = f"""
SELECT setseed(0.5);
CREATE TABLE bench_picked AS
  SELECT row_number() OVER () AS n, id, created_at FROM (
    SELECT id, created_at FROM listings_listing WHERE is_active ORDER BY random() LIMIT {PICKED}) picked;
CREATE INDEX ON bench_picked (n);
SELECT listings_count_cells();
DELETE FROM listings_fresh;
INSERT INTO listings_freshsince (id, at) VALUES (1, 'infinity') ON CONFLICT (id) DO UPDATE SET at = excluded.at;
SELECT listings_tidy_fresh(32768);
CREATE TABLE bench_done AS SELECT 1 AS one;
"""


def _finish(market: Market) -> None:
    _run(market, "DROP TABLE IF EXISTS bench_picked, bench_done")
    _run(market, PICK)
    with psycopg.connect(market.url, autocommit=True) as database:
        database.execute("VACUUM ANALYZE")


def _run(market: Market, statements: str) -> None:
    with psycopg.connect(market.url) as database:
        database.execute(statements.encode())
