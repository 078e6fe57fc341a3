"""Ordering: ours with all it keeps, beside a FastAPI peer's bare INSERT and beside pgbench with our own statement.

Full: 20,000 listings and 2,000 buyers, about three minutes; a missed goal is a failure. SHORT=1: 500 and 200, one
round of a second each, and the ratios are only shown. KEEP=1 leaves the database for the next run.
"""

from __future__ import annotations

import json
import secrets
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from _load import ROOT, SHORT, Contender, pgbench, python, serving, wrk
from _ordering_data import PLANNED_ONCE, market, write_statement, write_wishes
from _search_data import Market

OURS, PEER, LIMIT = "ours", "FastAPI peer", "pgbench"
UVICORN = ("--port", "{port}", "--no-proxy-headers", "--no-access-log", "--log-level", "error")
SERVERS = [
    Contender(OURS, python("-m", "uvicorn", "marketplace.asgi:application", *UVICORN)),
    Contender(PEER, python("-m", "uvicorn", "_ordering_peer:app", "--app-dir", "bench", "--loop", "uvloop", *UVICORN)),
]
ANY_NUMBER = "1000000"  # of unpaid orders: asked for as always, and never too many
ROUNDS, SECONDS = (1, 1) if SHORT else (3, 3)
WISHES = 20_000
LEAST = 0.8  # of the peer's orders a second
CASES = {"each another thing": False, "all the same thing": True}
JUDGED = "each another thing"
IDENTICAL = ("buyer_id", "seller_id", "listing_id", "quantity", "unit_price_cents", "total_cents", "currency", "status")

Figures = dict[str, float]  # contender -> median of orders a second


def ordered(address: str, wish: str) -> Any:
    token, _, body = wish.partition(" ")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/v1/orders", body.encode(), headers)
    request.add_header("Idempotency-Key", secrets.token_hex(8))
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)
    except HTTPError as error:
        raise SystemExit(f"{address}: {error.code} {error.read()[:2_000]!r}") from error


def require_same_orders(addresses: Mapping[str, str], wishes: Path) -> None:
    """Speed is compared only between answers that say the same."""
    wish = secrets.choice(wishes.read_text().splitlines())
    answers = [ordered(addresses[who], wish) for who in (OURS, PEER)]
    told = [{name: answer[name] for name in IDENTICAL} for answer in answers]
    if told[0] != told[1]:
        raise SystemExit(f"The answers differ: {told}")


def load(address: str, wishes: Path) -> float:
    """Every run has keys of its own, and begins with another buyer."""
    script = str(ROOT / "bench" / "_ordering_wishes.lua")
    said = [str(wishes), f"{secrets.token_hex(8)}-", str(secrets.randbelow(WISHES))]
    return wrk(address, "--timeout", "20s", "-s", script, seconds=SECONDS, headers={}, arguments=said)


def measured(turns: Mapping[str, Callable[[], float]]) -> Figures:
    """Everybody has their turn in every round; the first one warms up."""
    seen: dict[str, list[float]] = {who: [] for who in turns}
    for round_number in range(ROUNDS + 1):
        for who, turn in turns.items():
            figure = turn()
            if round_number > 0:
                seen[who].append(figure)
    return {who: statistics.median(figures) for who, figures in seen.items()}


def contenders(
    made: Market, addresses: Mapping[str, str], folder: Path, secret: str, *, of_one_thing: bool
) -> dict[str, Callable[[], float]]:
    wishes, statement = folder / f"{of_one_thing}.txt", folder / f"{of_one_thing}.sql"
    write_wishes(made, wishes, secret=secret, how_many=WISHES, of_one_thing=of_one_thing)
    write_statement(statement, of_one_thing=of_one_thing)
    require_same_orders(addresses, wishes)
    turns: dict[str, Callable[[], float]] = {who: partial(load, at, wishes) for who, at in addresses.items()}
    return {**turns, LIMIT: partial(pgbench, made.url, statement, seconds=SECONDS, options=PLANNED_ONCE)}


def tell(results: Mapping[str, Figures]) -> None:
    print(f"\nOrders a second{' (short form)' if SHORT else ''}, one process each")
    print(f"  {'':20}{OURS:>10}{PEER:>14}{'ours/peer':>11}{LIMIT:>11}{'ours/pgbench':>14}")
    for name, figures in results.items():
        ours, peer, limit = (figures[who] for who in (OURS, PEER, LIMIT))
        print(f"  {name:20}{ours:>8.0f}/s{peer:>12.0f}/s{ours / peer:>10.2f}x{limit:>9.0f}/s{ours / limit:>13.2f}x")


def main() -> int:
    secret = secrets.token_urlsafe(48)
    with (
        tempfile.TemporaryDirectory() as folder,
        market() as made,
        serving(SERVERS, DATABASE_URL=made.url, JWT_SECRET=secret, ORDER_MOST_UNPAID=ANY_NUMBER) as addresses,
    ):
        results = {
            name: measured(contenders(made, addresses, Path(folder), secret, of_one_thing=of_one_thing))
            for name, of_one_thing in CASES.items()
        }
    tell(results)
    ratio = results[JUDGED][OURS] / results[JUDGED][PEER]
    print(f"\n  {'✓' if ratio >= LEAST else '✗'} at least {LEAST} x {PEER}: {ratio:.2f}")
    return 0 if SHORT or ratio >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
