"""The business questions over HTTP beside a scan of the raw rows that gives the same numbers.

Compared is how many answers a second there are with how many scans, each with all of the machine: PostgreSQL scans with
both cores where that helps, and 16 connections ask. What one who asks alone waits for an answer is shown beside it.

Full: ten million events of thirty days; a missed goal is a failure. SHORT=1: 200,000, and the ratios are only shown.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg
from _load import CONNECTIONS, SHORT, Contender, python, serving, wrk
from _own_database import own_database
from _questions_data import DAYS, fill

EVENTS = 200_000 if SHORT else 10_000_000
SECONDS = 1 if SHORT else 3
LEAST = 500
SERVER = Contender(
    "ours",
    python(
        "-m",
        "uvicorn",
        "marketplace.asgi:application",
        "--port",
        "{port}",
        "--no-proxy-headers",
        "--no-access-log",
        "--log-level",
        "error",
    ),
)

_DAY = "to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
_IN = "occurred_at >= %(start)s AND occurred_at < %(end)s"
RAW = {
    "1_2": f"""SELECT step, count(*), count(*) FILTER (WHERE properties ->> 'result' = 'cancelled'),
      round(count(*) FILTER (WHERE properties ->> 'result' = 'cancelled') * 100.0 / count(*), 2)::float8
      FROM analytics_event WHERE event_type = 'escrow.step' AND {_IN} GROUP BY 1 ORDER BY step COLLATE "C" """,
    "2_1": f"""SELECT {_DAY}, event_type, count(*) FROM analytics_event WHERE {_IN}
      GROUP BY 1, 2 ORDER BY 1, event_type COLLATE "C" """,
    "2_2": f"""SELECT {_DAY}, properties ->> 'button' AS button, count(*) FROM analytics_event
      WHERE event_type = 'ui.click' AND {_IN} GROUP BY 1, 2
      ORDER BY 1, (properties ->> 'button') COLLATE "C" """,
    "3_1": f"SELECT {_DAY}, count(DISTINCT user_id) FROM analytics_event WHERE {_IN} GROUP BY 1 ORDER BY 1",
    "3_2": f"SELECT {_DAY}, count(DISTINCT session_id) FROM analytics_event WHERE {_IN} GROUP BY 1 ORDER BY 1",
    "5_1": f"""SELECT {_DAY}, l.category_id::text, count(*) FROM analytics_event e
      JOIN listings_listing l ON l.id = e.listing_id WHERE event_type = 'feature.used'
      AND properties ->> 'feature_key' = 'quick_view' AND {_IN} GROUP BY 1, 2 ORDER BY 1, 2""",
    "1_1": """SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), category_id::text, count(*)
      FROM listings_listing WHERE created_at >= %(start)s AND created_at < %(end)s GROUP BY 1, 2 ORDER BY 1, 2""",
    "4_1": """SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), status, count(*)
      FROM orders_order WHERE created_at >= %(start)s AND created_at < %(end)s GROUP BY 1, 2 ORDER BY 1, 2""",
}
JUDGED = ("1_2", "2_1", "2_2", "3_1", "3_2", "5_1")


@dataclass(frozen=True)
class Asker:
    address: str
    token: str
    query: dict[str, str]

    def ask(self, name: str) -> list[list[Any]]:
        request = urllib.request.Request(self._url(name), headers=self._headers)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return [list(row.values()) for row in json.load(reply)]

    def a_second(self, name: str, *, connections: int = CONNECTIONS) -> float:
        return wrk(self._url(name), seconds=SECONDS, headers=self._headers, connections=connections)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _url(self, name: str) -> str:
        return f"{self.address}/v1/analytics/bq/{name}?{urlencode(self.query)}"


def scanned(connection: psycopg.Connection, name: str, window: dict[str, datetime]) -> list[list[Any]]:
    return [list(row) for row in connection.execute(RAW[name].encode(), window).fetchall()]


def token_of_somebody() -> str:
    from django.utils import timezone

    from accounts.models import Surface, User
    from accounts.services import sign_in
    from accounts.tokens import pair_for

    person = User.objects.create(username=f"bench-{secrets.token_hex(4)}")
    session = sign_in.open_session(
        person, surface=Surface.CAMPUS, address="127.0.0.1", user_agent="bench", now=timezone.now()
    )
    return pair_for(session).access


def is_any_waiting() -> bool:
    """Something else may still have a transaction open that is older than the last events."""
    from analytics.models import Event, Fold

    return bool(Event.objects.filter(transaction__gte=Fold.objects.get().below).exists())


def fold_all() -> None:
    from analytics.services import closing, folding, summarizing

    began = time.perf_counter()
    while folding.fold() or is_any_waiting():
        pass
    summarizing.summarize()
    closing.close_days(today=datetime.now(UTC).date())
    print(f"{EVENTS:,} events folded in {time.perf_counter() - began:.0f} s", flush=True)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        # what a month of nights has done long ago would otherwise be done now, beside whoever asks
        connection.execute("VACUUM (ANALYZE) analytics_event, analytics_daycount, analytics_daymember")
        connection.execute("CHECKPOINT")


def compared(address: str, token: str) -> dict[str, float]:
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    window = {"start": end - timedelta(days=DAYS), "end": end}
    asker = Asker(address, token, {name: at.isoformat() for name, at in window.items()})
    results = {}
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for name in RAW:
            began = time.perf_counter()
            truth = scanned(connection, name, window)
            scan, answer = time.perf_counter() - began, asker.ask(name)
            if answer != truth or not truth:
                raise SystemExit(f"{name}: the numbers differ: {str(answer)[:500]} and {str(truth)[:500]}")
            asker.a_second(name)  # every thread plans it for itself
            rate, alone = asker.a_second(name), 1_000 / asker.a_second(name, connections=1)
            results[name] = rate * scan
            print(
                f"  {name}: {rate:>5.0f}/s, raw {scan:>7.3f} s, {results[name]:>7,.0f}x (alone {alone:.1f} ms)",
                flush=True,
            )
    return results


def main() -> int:
    os.environ["JWT_SECRET"] = secrets.token_urlsafe(48)
    with own_database("bench_questions"):
        began = time.perf_counter()
        fill(EVENTS)
        print(f"{EVENTS:,} events made in {time.perf_counter() - began:.0f} s", flush=True)
        fold_all()
        with serving([SERVER]) as addresses:
            results = compared(addresses["ours"], token_of_somebody())
    least = min(JUDGED, key=lambda name: results[name])
    print(
        f"\n  {'✓' if results[least] >= LEAST else '✗'} at least {LEAST} x the raw scan: {least} {results[least]:.0f}"
    )
    return 0 if SHORT or results[least] >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
