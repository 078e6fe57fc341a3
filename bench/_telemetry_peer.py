"""The peer of telemetry: who is there, pydantic, and one `executemany` into a table with the usual indexes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from _search_peer import Database, SignedIn, app
from pydantic import BaseModel, Field

STORED = """
INSERT INTO bench_event (event_type, user_id, session_id, listing_id, order_id, chat_id, step, properties, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, now()))
"""


class Event(BaseModel):
    event_type: str = Field(min_length=2, max_length=80)
    session_id: str = Field(min_length=6, max_length=64)
    listing_id: UUID | None = None
    order_id: UUID | None = None
    chat_id: UUID | None = None
    step: str | None = Field(None, max_length=40)
    properties: dict[str, Any] = {}
    occurred_at: datetime | None = None

    def row(self, user: UUID) -> tuple[Any, ...]:
        ids = (self.listing_id, self.order_id, self.chat_id)
        return (
            *(self.event_type, user, self.session_id, *ids, self.step),
            *(json.dumps(self.properties), self.occurred_at),
        )


class Batch(BaseModel):
    events: list[Event]


@app.post("/v1/events", status_code=202)
async def take_in(batch: Batch, user: SignedIn, database: Database) -> dict[str, int]:
    await database.executemany(STORED, [event.row(user) for event in batch.events])
    return {"inserted": len(batch.events)}
