"""Lists and searches at two sizes, beside a FastAPI peer and beside pgbench with the same SQL: docs/performance.md.

Full: 200,000 and 2,000,000 listings, about a quarter of an hour; a missed goal is a failure. SHORT=1: 20,000 and
60,000, one round of a second each, and at the larger size ours alone: the ratios are only shown. KEEP=1 leaves the
two databases for the next run.
"""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

from _load import ROOT, SHORT, Contender, pgbench, python, serving, wrk
from _search_cases import CASES, Case
from _search_data import Market, markets
from _search_telling import LIMIT, OURS, PEER, Figures, judged, middle, tell

UVICORN = ("--port", "{port}", "--no-proxy-headers", "--no-access-log", "--log-level", "error")
SERVERS = [
    Contender(OURS, python("-m", "uvicorn", "marketplace.asgi:application", *UVICORN)),
    Contender(PEER, python("-m", "uvicorn", "bench._search_peer:app", "--loop", "uvloop", *UVICORN)),
]
ROUNDS, SECONDS = (1, 1) if SHORT else (3, 2)
IDENTICAL = ("id", "title", "price_cents", "quantity", "latitude", "longitude", "state")

Measure = Callable[[], float]


@dataclass(frozen=True)
class Site:
    """One server on one market, and somebody who is signed in there."""

    address: str
    headers: Mapping[str, str]

    def ask(self, path: str) -> Any:
        request = urllib.request.Request(self.address + path, headers=dict(self.headers))
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.load(reply)
        except HTTPError as error:
            raise SystemExit(f"{request.full_url}: {error.code} {error.read()[:2_000]!r}") from error

    def requests_per_second(self, paths: Path) -> float:
        flags = ("--timeout", "20s", "-s", str(ROOT / "bench" / "_search_paths.lua"))
        return wrk(self.address, *flags, seconds=SECONDS, headers=self.headers, arguments=[str(paths)])


# ── Who takes part ───────────────────────────────────────────────────────────────────────────────


@contextmanager
def sites(market: Market, servers: list[Contender], jwt_secret: str) -> Iterator[dict[str, Site]]:
    with serving(servers, DATABASE_URL=market.url, JWT_SECRET=jwt_secret, JWT_ACCESS_MIN="600") as addresses:
        headers = {"Authorization": f"Bearer {_token(addresses[OURS])}"}
        yield {name: Site(address, headers) for name, address in addresses.items()}


def _token(address: str) -> str:
    person = {"name": "Bench", "email": f"b{uuid4().hex[:10]}@uni.example", "password": "correct horse"}
    _post(f"{address}/v1/auth/register", person)
    return str(_post(f"{address}/v1/auth/login", person)["access_token"])


def _post(url: str, body: Mapping[str, str]) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


# ── Measuring ────────────────────────────────────────────────────────────────────────────────────


def measured(case: Case, stages: Mapping[Market, Mapping[str, Site]], folder: Path) -> dict[Market, Figures]:
    """Everybody has their turn at both sizes in every round, so what else the machine does falls on all alike."""
    turns = {
        (market, name): measure
        for market, site_of in stages.items()
        for name, measure in _contenders(case, market, site_of, folder).items()
    }
    seen: dict[tuple[Market, str], list[float]] = {turn: [] for turn in turns}
    for round_number in range(ROUNDS if SHORT else ROUNDS + 1):
        for turn, measure in turns.items():
            figure = measure()
            if SHORT or round_number > 0:  # the first warms up
                seen[turn].append(figure)
    return {market: {name: figures for (at, name), figures in seen.items() if at == market} for market in stages}


def _noted(case: Case, at: dict[Market, Figures]) -> dict[Market, Figures]:
    """Something to look at meanwhile."""
    for market, figures in at.items():
        told = ", ".join(f"{who} {middle(figures, who):.0f}/s" for who in figures)
        print(f"{case.name}, {market.listings:,} listings: {told}", flush=True)
    return at


def _contenders(case: Case, market: Market, site_of: Mapping[str, Site], folder: Path) -> dict[str, Measure]:
    asked = {OURS: case.ours, PEER: case.peer}
    paths = {
        name: _written(folder, f"{market.name}-{n}", asked[name](market, site.ask))
        for n, (name, site) in enumerate(site_of.items())
    }
    turns: dict[str, Measure] = {name: partial(site_of[name].requests_per_second, paths[name]) for name in paths}
    if PEER in site_of:
        _require_same_answers(case, site_of, paths)
        scripts = [_written(folder, f"{market.name}-{n}.sql", [text]) for n, text in enumerate(case.pgbench)]
        turns[LIMIT] = partial(pgbench, market.url, *scripts, seconds=SECONDS)
    return turns


def _written(folder: Path, name: str, lines: Sequence[str]) -> Path:
    file = folder / name
    file.write_text("\n".join(lines) + "\n")
    return file


def _require_same_answers(case: Case, site_of: Mapping[str, Site], paths: Mapping[str, Path]) -> None:
    """Speed is compared only between answers that are the same. Cursors are each one's own, but lead to the same."""
    for line in (0, -1):
        answers = [_told(site_of[name].ask(paths[name].read_text().splitlines()[line])) for name in (OURS, PEER)]
        if not answers[0] or answers[0] != answers[1]:
            raise SystemExit(f"{case.name}: the answers differ: {json.dumps(answers)[:3_000]}")


def _told(answer: Any) -> list[Any]:
    items = answer.get("items", [answer])
    return [{name: item[name] for name in IDENTICAL} | {"photos": len(item["photos"])} for item in items]


def main() -> int:
    jwt_secret = secrets.token_urlsafe(48)
    with (
        tempfile.TemporaryDirectory() as folder,
        markets() as stages,
        sites(stages[0], SERVERS, jwt_secret) as at_small,
        sites(stages[1], SERVERS[:1] if SHORT else SERVERS, jwt_secret) as at_large,
    ):
        site_of = dict(zip(stages, (at_small, at_large), strict=True))
        results = {case.name: _noted(case, measured(case, site_of, Path(folder))) for case in CASES}
    tell(results, stages)
    verdicts = judged(results, stages)
    print()
    for held, text in verdicts:
        print(f"  {'✓' if held else '✗'} {text}")
    if SHORT:
        print("  The short form says that everything answers; one second each on a busy machine proves no ratio.")
    return 0 if SHORT or all(held for held, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
