"""A market of its own in which everybody can buy: things in stock, and people who are signed in. Dropped afterwards."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import django
import jwt
from _load import ROOT, SHORT, pgbench, python
from _search_data import KEEP, Market, on_server

from marketplace.common.postgis.fixed import PARAMETER

LISTINGS, PEOPLE = (500, 200) if SHORT else (20_000, 2_000)
PIECES = 10_000_000  # of each thing: nothing is sold out while it is measured
SECONDS_OF_TOKENS = 3_600
FILLED_SECONDS = 2 if SHORT else 10
PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan -c jit=off"  # ours has planned it long ago, pgbench begins anew
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

STOCK = f"""
UPDATE listings_listing SET quantity = {PIECES}, state = 'live';
INSERT INTO accounts_session (id, user_id, surface, refresh_id, rotated_at, expires_at, ended_by, user_agent)
SELECT gen_random_uuid(), id, 'campus', gen_random_uuid(), now(), now() + interval '1 day', '', ''
FROM accounts_user WHERE is_active;
CREATE TABLE bench_buyer AS
SELECT row_number() OVER () AS n, user_id AS id, id AS session_id FROM accounts_session;
CREATE UNIQUE INDEX ON bench_buyer (n);
CREATE TABLE bench_thing AS
SELECT row_number() OVER () AS n, id, seller_id FROM listings_listing WHERE is_active;
CREATE UNIQUE INDEX ON bench_thing (n);
CREATE TABLE bench_order (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), buyer_id uuid NOT NULL REFERENCES accounts_user,
  seller_id uuid NOT NULL REFERENCES accounts_user, listing_id uuid NOT NULL REFERENCES listings_listing,
  quantity integer NOT NULL, unit_price_cents bigint NOT NULL,
  total_cents bigint NOT NULL, currency text NOT NULL, status text NOT NULL DEFAULT 'created',
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON bench_order (buyer_id, created_at DESC);
CREATE INDEX ON bench_order (seller_id, created_at DESC);
CREATE TABLE bench_done AS SELECT 1 AS one;
"""


@contextmanager
def market() -> Iterator[Market]:
    made = Market("bench_orders_short" if SHORT else "bench_orders", LISTINGS)
    try:
        if not (KEEP and made.is_complete):
            _drop(made)
            on_server(f"CREATE DATABASE {made.name}")
            _fill(made)
        yield made
    finally:
        if not KEEP:
            _drop(made)


def _drop(made: Market) -> None:
    on_server(f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)")


def _fill(made: Market) -> None:
    print(f"Filling {made.name} with {LISTINGS:,} listings and {PEOPLE:,} people", flush=True)
    environment = {**os.environ, "DATABASE_URL": made.url, "DEMO_DATA": "off", "LOG_FILES": "false"}
    size = ("--listings", str(LISTINGS), "--users", str(PEOPLE), "--photos", "0", "--orders", "0")
    for words in (("prepare",), ("seed_demo", *size)):
        subprocess.run(python("manage.py", *words), cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    made.do(STOCK)
    _order_something(made)
    made.do("VACUUM ANALYZE")


def _order_something(made: Market) -> None:
    """What is planned while a table is empty reads all of it for ever after."""
    with NamedTemporaryFile(suffix=".sql") as file:
        write_statement(Path(file.name), of_one_thing=False)
        pgbench(made.url, Path(file.name), seconds=FILLED_SECONDS, options=PLANNED_ONCE)


def write_wishes(made: Market, file: Path, *, secret: str, how_many: int, of_one_thing: bool) -> None:
    """Who wants what, a line for each: a token and a body."""
    chance = random.Random(7)
    buyers = made.rows("SELECT id, session_id FROM bench_buyer ORDER BY n")
    things = made.rows(f"SELECT id, seller_id FROM bench_thing ORDER BY n LIMIT {1 if of_one_thing else LISTINGS}")
    tokens = {user: _token(user, session, secret) for user, session in buyers}
    with file.open("w") as lines:
        for number in range(how_many):
            buyer = buyers[number % len(buyers)][0]
            thing, seller = chance.choice(things)
            if buyer != seller:
                lines.write(f'{tokens[buyer]} {{"listing_id":"{thing}","quantity":1}}\n')


# Who and what pgbench draws; everything else is said as an ordinary order has it
_DRAWN = f"\\set b random(1, {PEOPLE})\n\\set t random(1, {{things}})\n\\set k random(1, 1000000000000)\n"
_BUYER = "(SELECT {column} FROM bench_buyer WHERE n = :b)"
_VALUES = {
    "buyer": _BUYER.format(column="id"),
    "session": _BUYER.format(column="session_id"),
    "listing": "(SELECT id FROM bench_thing WHERE n = :t)",
    "caller": "(:b)::text",
    "key": "(:k)::text",
    "route": "'bench'",
    "fingerprint": "sha256('')",
    "life": "'30 minutes'",
    **dict.fromkeys(("order", "event", "message"), "gen_random_uuid()"),
    **dict.fromkeys(("client_id", "total_cents", "currency", "fee_max"), "NULL"),
    **{
        name: str(number)
        for name, number in {"pieces": 1, "most_unpaid": 1_000_000, "fee_bps": 0, "fee_min": 0}.items()
    },
}


def write_statement(file: Path, *, of_one_thing: bool) -> None:
    """Our own statement, for pgbench."""
    django.setup()
    from orders.querysets.ordinary import PLACE

    text = PARAMETER.sub(lambda found: _VALUES[found[1]], PLACE)
    file.write_text(_DRAWN.format(things=1 if of_one_thing else LISTINGS) + text.strip() + ";\n")


def _token(user: object, session: object, secret: str) -> str:
    now = int(time.time())
    claims = {"sub": str(user), "sid": str(session), "typ": "access", "jti": "0" * 32}
    return jwt.encode({**claims, "iat": now, "exp": now + SECONDS_OF_TOKENS}, secret, algorithm="HS256")
