"""Events as apps send them, and the table one usually keeps them in. Inside `own_database` only."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from _talk_data import talk

BATCH = 50
BATCHES = 200
SCREENS = ("home", "search", "listing", "chat", "orders", "profile")
USUAL = """
CREATE TABLE bench_event (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), event_type text NOT NULL, user_id uuid REFERENCES accounts_user,
  session_id text NOT NULL, listing_id uuid, order_id uuid, chat_id uuid, step text, properties jsonb NOT NULL,
  occurred_at timestamptz NOT NULL, received_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON bench_event (event_type, occurred_at DESC);
CREATE INDEX ON bench_event (user_id, occurred_at DESC);
CREATE INDEX ON bench_event USING gin (properties);
"""
COLUMNS = "event_type, user_id, session_id, listing_id, order_id, chat_id, step, properties, occurred_at"


def usual_table() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(USUAL)


def write_batches(file: Path) -> UUID:
    """A line for each batch, of twenty people in turn; the first of them is given back."""
    crowd = talk(people=20, rooms=0)
    chance = random.Random(7)
    with file.open("w") as lines:
        for number in range(BATCHES):
            events = batch(chance, session=str(uuid4()))
            lines.write(f"{crowd.tokens[number % 20]} {json.dumps({'events': events}, separators=(',', ':'))}\n")
    return crowd.people[0]


def batch(chance: random.Random, *, session: str) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return [_event(chance, session, now - timedelta(seconds=BATCH - n)) for n in range(BATCH)]


def _event(chance: random.Random, session: str, at: datetime) -> dict[str, Any]:
    kind = chance.choice(("ui.click", "screen.view", "feature.used", "listing.viewed"))
    return {
        "event_type": kind,
        "session_id": session,
        "user_id": "ana@uni.edu",
        "listing_id": str(uuid4()) if kind == "listing.viewed" else None,
        "step": None,
        "properties": {"screen": chance.choice(SCREENS), "button": "buy", "n": chance.randrange(100)},
        "occurred_at": at.isoformat().replace("+00:00", "Z"),
    }


def rows(events: list[dict[str, Any]], user: UUID) -> list[tuple[Any, ...]]:
    """For whoever talks to PostgreSQL without a door before it."""
    return [
        (
            *(event["event_type"], user, event["session_id"], event["listing_id"], None, None, event["step"]),
            *(json.dumps(event["properties"]), event["occurred_at"]),
        )
        for event in events
    ]
