"""What an event looks like on the wire, for msgspec. Keys that are not named here are skipped without being read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

MOST_EVENTS = 500
MOST_BYTES = 4_096  # of one event's properties
MOST_DEPTH = 8
MOST_KEYS = 64

EventType = Annotated[str, Meta(min_length=2, max_length=80)]
SessionId = Annotated[str, Meta(min_length=6, max_length=64)]
Step = Annotated[str, Meta(max_length=40)]


class Batch(Struct):
    events: Raw


class PlainEvent(Struct, gc=False):
    """As an app sends it that keeps to the contract: PostgreSQL may read the very bytes that were sent."""

    event_type: EventType
    session_id: SessionId
    id: UUID | None = None
    event_id: UUID | None = None
    listing_id: UUID | None = None
    order_id: UUID | None = None
    chat_id: UUID | None = None
    step: Step | None = None
    properties: Raw = Raw(b"{}")
    occurred_at: datetime | None = None


class SloppyEvent(Struct):
    """As apps in the field send it: what is no id is no id, and a person may be an e-mail address."""

    event_type: EventType
    session_id: SessionId
    id: Any = None
    event_id: Any = None
    user_id: Any = None
    listing_id: Any = None
    order_id: Any = None
    chat_id: Any = None
    step: Step | None = None
    properties: dict[str, Any] | None = None
    occurred_at: datetime | None = None


batch = msgspec.json.Decoder(Batch)
plain_events = msgspec.json.Decoder(list[PlainEvent])
any_events = msgspec.json.Decoder(list[Raw])
