"""Raw events for tests, written as the intake writes them: many at once, in a transaction of their own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from analytics.services import folding
from marketplace.tests.ended import until_all_have_ended


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
    _write(connection, events)


def _write(through: Any, events: Sequence[Said]) -> None:
    with through.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO analytics_event (event_type, session_id, user_id, listing_id, step, properties, occurred_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [(e.event_type, e.session, e.user, e.listing, e.step, json.dumps(e.properties), e.at) for e in events],
        )


@contextlib.contextmanager
def writing_elsewhere(*events: Said) -> Iterator[None]:
    """Somebody else's transaction, which ends when the block does."""
    other = connection.copy()
    other.inc_thread_sharing()
    try:
        other.set_autocommit(False)
        _write(other, events)
        yield
        other.commit()
    finally:
        other.close()


def fold_all() -> int:
    """What was written before this, whoever else is at work on the same server."""
    until_all_have_ended()
    return folding.fold()
