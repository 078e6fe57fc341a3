"""100,000 requests that Schemathesis makes up from our OpenAPI, and the bodies that break parsers on every route.

Every default check of Schemathesis, single requests and chains of them, against several real server processes:
no 5xx, no error that is not JSON, no reply that the schema does not announce.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any
from uuid import uuid4

import django
import httpx
import schemathesis
from _stack import ENVIRONMENT, SHORT, Tally, Web, prepare, running, size

os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="marketplace.settings", PROCESS_NAME="drill", LOG_LEVEL="WARNING")

PASSWORD = "correct horse"
CLIENTS = size(2, 1)  # alone, a client finds what it made, so a quick look sees the same each time
WANTED = size(100_000, 400)
SECONDS = size(90 * 60, 60)  # the drill ends by then, whatever it has reached
EXAMPLES_A_ROUND = size(150, 8)


@dataclass
class Found:
    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    not_json: Counter[str] = field(default_factory=Counter)
    mismatches: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, status: int, content_type: str) -> None:
        self.cases += 1
        self.statuses[status] += 1
        if status >= 400 and not content_type.startswith("application/json"):
            self.not_json[f"{status} {what}"] += 1

    def __add__(self, other: Found) -> Found:
        return Found(
            self.cases + other.cases,
            self.statuses + other.statuses,
            self.not_json + other.not_json,
            self.mismatches + other.mismatches,
            self.unanswered + other.unanswered,
        )


def somebody_new(address: str) -> str:
    """The access token of a person who has just joined."""
    person = {"email": f"f{uuid4().hex[:12]}@uni.edu", "password": PASSWORD}
    with httpx.Client(base_url=address, timeout=30) as client:
        client.post("/v1/auth/register", json={"name": "Drill", **person}).raise_for_status()
        token: str = client.post("/v1/auth/login", json=person).raise_for_status().json()["access_token"]
        return token


# ── Made up from the schema ──────────────────────────────────────────────────────────────────────


def make_up(address: str, wanted: int, deadline: float) -> Found:
    """Rounds of all phases, each with another seed, until enough was tried or the time is up."""
    found, number = Found(), 0
    while found.cases < wanted and (left := int(deadline - time.time())) > 1:
        seed = number if SHORT else secrets.randbits(64)  # a quick look looks at the same cases each time
        for scenario in scenarios(address, left, seed=seed, with_coverage=number == 0 and not SHORT):
            count(scenario, found)
        number += 1
    return found


def scenarios(address: str, seconds: int, *, seed: int, with_coverage: bool) -> Iterator[Any]:
    from schemathesis.engine import events, from_schema

    from marketplace.tests.promises import held_to_its_promises

    config = schemathesis.Config(seed=seed)
    schema = held_to_its_promises(schemathesis.openapi.from_url(f"{address}/openapi.json", config=config))
    schema.config.update(base_url=address, continue_on_failure=True, request_timeout=30)
    schema.config.generation.update(max_examples=EXAMPLES_A_ROUND, no_shrink=True)
    schema.config.phases.coverage.enabled = with_coverage  # the same cases whatever the seed, so once is enough
    if SHORT:  # chains of requests depend on what was answered before: those are for the long form
        schema.config.generation.update(deterministic=True)
        schema.config.phases.stateful.enabled = False
    schema.config.max_time = seconds
    sign_in(schema, address)
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            yield event.recorder
        elif isinstance(event, (events.FatalError, events.NonFatalError)):
            raise SystemExit(f"Schemathesis stopped: {event}")


def sign_in(schema: Any, address: str) -> None:
    """Each minute somebody else, and for each sign-out somebody who has nothing else to do."""

    @schema.auth(refresh_interval=60)
    class Token:
        def get(self, case: Any, context: Any) -> str:
            return somebody_new(address)

        def set(self, case: Any, data: str, context: Any) -> None:
            token = somebody_new(address) if case.path.endswith("/logout") else data
            case.headers["Authorization"] = f"Bearer {token}"


def count(recorder: Any, found: Found) -> None:
    for exchange in recorder.interactions.values():
        what = f"{exchange.request.method} {recorder.label}"
        if exchange.response is None:
            found.unanswered[what] += 1
            continue
        content_type = (exchange.response.headers.get("content-type") or [""])[0]
        found.note(what, exchange.response.status_code, content_type)
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None and check.name != "not_a_server_error":
                title = f"{recorder.label}: {check.failure_info.failure.title}"
                if not found.mismatches[title]:
                    print(f"    {title}\n      {check.failure_info.code_sample}", flush=True)
                found.mismatches[title] += 1


# ── Bodies that break parsers ────────────────────────────────────────────────────────────────────


def throw_bodies(address: str) -> Found:
    from marketplace.tests.test_hostile_input import BODIES, api_doors

    found = Found()
    doors = [(path, method) for path, methods in api_doors() for method in (*methods, "options")]
    with httpx.Client(base_url=address, timeout=30) as client:
        token = somebody_new(address)
        for number, (name, (body, content_type)) in enumerate(BODIES.items()):
            # the everyday suite throws all of them at all doors; a quick look takes turns
            for path, method in doors[number % 5 :: 5] if SHORT else doors:
                headers = {
                    b"Authorization": f"Bearer {token}".encode(),
                    b"Content-Type": content_type.encode("latin-1"),
                }
                what = f"{method} {path} with {name}"
                try:
                    reply = client.request(method, path, content=body, headers=headers)
                except httpx.TransportError as error:
                    found.unanswered[f"{what}: {error!r}"] += 1
                    continue
                found.note(what, reply.status_code, reply.headers.get("content-type", ""))
                if path.endswith("/logout") and reply.status_code == 200:
                    token = somebody_new(address)
    return found


# ── ──────────────────────────────────────────────────────────────────────────────────────────────


def judge(tally: Tally, title: str, found: Found) -> None:
    tally.note(f"{title}: {found.cases:,} requests, answered {dict(sorted(found.statuses.items()))}")
    tally.expect("5xx", sum(count for status, count in found.statuses.items() if status >= 500), 0)
    for what, seen in (
        ("errors that are not JSON", found.not_json),
        ("replies that the schema does not announce", found.mismatches),
        ("requests without a reply", found.unanswered),
    ):
        tally.expect(what, sum(seen.values()), 0)
        for each, times in seen.most_common(20):
            tally.note(f"{times} x {each}")


def main() -> None:
    tally = Tally("Fuzzing: the schema's promises, and hostile bodies")
    web = Web(workers=2, RATE_LIMIT="off")
    with running(web):
        judge(tally, "Hostile bodies on every route", throw_bodies(web.address))
        started = time.time()
        with ProcessPoolExecutor(CLIENTS, mp_context=get_context("spawn")) as pool:
            deadline = started + SECONDS
            parts = [pool.submit(make_up, web.address, WANTED // CLIENTS, deadline) for _ in range(CLIENTS)]
            found = sum((part.result() for part in parts), Found())
        judge(tally, "Made up from the schema", found)
        tally.expect(f"at least {WANTED:,} of them", found.cases >= WANTED, True)
        tally.note(f"{time.time() - started:.0f} s with {CLIENTS} clients")
    tally.finish()


if __name__ == "__main__":
    prepare()
    django.setup()
    main()
