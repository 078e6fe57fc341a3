"""Raw events for tests, written as the intake writes them: many at once, in a transaction of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection


@dataclass(frozen=True)
class Said:
    event_type: str
    at: datetime
    session: str = "session-1"
    user: UUID | None = None
    listing: UUID | None = None
    step: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)


def write(*events: Said) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO analytics_event (event_type, session_id, user_id, listing_id, step, properties, occurred_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [(e.event_type, e.session, e.user, e.listing, e.step, json.dumps(e.properties), e.at) for e in events],
        )
