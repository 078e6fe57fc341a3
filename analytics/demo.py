"""A month of telemetry on the demo campus: people who open the app, look around, search, and now and then buy.

The same seed makes the same sessions; what differs is the day, for times are counted back from this morning.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from analytics.models import Event
from analytics.services import days
from analytics.services.intake import writing
from listings.demo.chance import dice, key
from listings.models import Listing
from marketplace.common.jsonio import dumps

DAYS = 30
OPENS_THE_APP = 0.35  # of the people, on an ordinary day
AT_THE_WEEKEND = 0.6  # as many as that
BUTTONS = ("buy", "chat", "favourite", "share", "filter", "sell")
FEATURES = ("quick_view", "price_suggestions", "saved_searches", "chat")
WORDS = ("calculadora", "portátil", "cálculo", "audífonos", "cargador", "arduino")
STEPS = ("listing_viewed", "chat_initiated", "payment_made")
GIVES_UP = 0.3

Said = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    seed: int = 1
    days: int = DAYS


@transaction.atomic  # all of the month, or nothing
def build(plan: Plan, *, now: datetime) -> int:
    """How many events were made; where there are any already, none."""
    if Event.objects.exists():
        return 0
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days.prepare(now=now, back=timedelta(days=plan.days))
    people = list(User.objects.active().filter(is_staff=False).order_by("pk").values_list("pk", flat=True))
    things = list(Listing.objects.on_offer().order_by("pk").values_list("pk", flat=True))
    made, events = 0, _events(plan, midnight, people, things)
    while part := list(islice(events, writing.AT_ONCE)):
        _write(part)
        made += len(part)
    return made


def _events(plan: Plan, midnight: datetime, people: Sequence[UUID], things: Sequence[UUID]) -> Iterator[Said]:
    number = 0
    for back in range(plan.days, 0, -1):
        morning = midnight - timedelta(days=back)
        share = OPENS_THE_APP * (AT_THE_WEEKEND if morning.weekday() >= 5 else 1)
        for n, person in enumerate(people):
            chance = dice(plan.seed, f"telemetry:{plan.days - back}", n)
            if chance.random() < share:
                for event in _session(chance, morning, person, things):
                    yield {"id": key(plan.seed, "telemetry", number), **event}
                    number += 1


def _session(chance: random.Random, morning: datetime, person: UUID, things: Sequence[UUID]) -> Iterator[Said]:
    at = morning + timedelta(minutes=chance.triangular(7 * 60, 23 * 60, 18 * 60))
    session = str(UUID(int=chance.getrandbits(128), version=4))
    for said in _clicks(chance, things):
        at += timedelta(seconds=chance.uniform(2, 90))
        yield {"session_id": session, "user_id": person, "occurred_at": at, **said}


def _clicks(chance: random.Random, things: Sequence[UUID]) -> Iterator[Said]:
    yield _said("auth.login.success")
    for screen in ("home", *chance.choices(("search", "profile", "orders"), k=chance.randint(0, 2))):
        yield _said("screen.view", screen=screen)
    if chance.random() < 0.6:
        yield _said("search.performed", q=chance.choice(WORDS), results=chance.randint(0, 40))
    for thing in chance.sample(things, k=min(len(things), chance.randint(1, 4))):
        yield {**_said("listing.viewed"), "listing_id": thing}
        yield {**_said("ui.click", button=chance.choice(BUTTONS)), "listing_id": thing}
        if chance.random() < 0.4:
            yield {**_said("feature.used", feature_key=chance.choice(FEATURES)), "listing_id": thing}
    if chance.random() < 0.15:
        yield from _purchase(chance)


def _purchase(chance: random.Random) -> Iterator[Said]:
    for step in STEPS:
        result = "cancelled" if chance.random() < GIVES_UP / len(STEPS) else "ok"
        yield {**_said("escrow.step", result=result), "step": step}
        if result == "cancelled":
            return


def _said(event_type: str, **properties: Any) -> Said:
    return {"event_type": event_type, "properties": properties}


# Received when they happened, and each written by a transaction of now: whoever counts what is new counts them
_WRITE = """
INSERT INTO analytics_event
  (id, event_type, session_id, user_id, listing_id, step, properties, occurred_at, received_at)
SELECT id, event_type, session_id, user_id, listing_id, step, properties, occurred_at,
  occurred_at + interval '1 second'
FROM json_to_recordset(%s::json) AS e(id uuid, event_type text, session_id text, user_id uuid, listing_id uuid,
  step text, properties jsonb, occurred_at timestamptz)
"""


@transaction.atomic
def _write(events: Sequence[Said]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [dumps(events).decode()])
