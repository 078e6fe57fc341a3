"""From a body to events that PostgreSQL will take.

A batch as apps should send it is only looked at, and goes on byte by byte. Whatever is odd about one makes its events
be read one by one: each is mended where the contract is lenient, and refused for itself where it is not.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from analytics.services.intake import shapes
from marketplace.common.errors import InvalidInput, TooLarge

NUL = "\x00"
# Every escape in its turn, so that none begins in the middle of another: a whole pair, half of one, the rest
ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
HALF = 6  # bytes of such an escape
REPLACEMENT = "\ufffd"
WORD_BITS = 63
FIELD = re.compile(r"field `(\w+)`|at `\$\.(\w+)")
UUID_FORM = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
OTHER_IDS = ("listing_id", "order_id", "chat_id")


class TooManyEvents(TooLarge):
    code = "too_many_events"
    detail = f"A batch holds at most {shapes.MOST_EVENTS} events"


@dataclass(frozen=True)
class Refused:
    """One event of a batch, and why it was not taken."""

    index: int
    code: str
    message: str
    field: str | None = None

    def shown(self) -> dict[str, Any]:
        return {"index": self.index, "code": self.code, "message": self.message}

    def problem(self) -> dict[str, Any]:
        loc = ["body", "events", self.index, *([self.field] if self.field else [])]
        kind = "missing" if "missing" in self.message else "value_error"
        return {"type": kind, "loc": loc, "msg": self.message}


@dataclass(frozen=True)
class Plain:
    """A JSON array that is good as it came."""

    text: str
    count: int
    has_ids: bool


@dataclass
class Mended:
    events: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def array_of(body: bytes) -> bytes:
    """The bytes of `events`."""
    try:
        return _array_of(body or b"{}")
    except msgspec.ValidationError as error:
        missing = "missing" in str(error)
        loc: list[str | int] = ["body", "events"] if missing else ["body"]
        text = "Field required" if missing else "Input should be a valid dictionary"
        raise InvalidInput.one(loc, text, type="missing" if missing else "dict_type") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput.one(["body"], "JSON decode error", type="json_invalid") from error


def _array_of(body: bytes) -> bytes:
    try:
        return bytes(shapes.batch.decode(body).events)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        whole = ESCAPE.sub(lambda found: b"\\ufffd" if len(found[0]) == HALF else found[0], body)
        return bytes(shapes.batch.decode(whole).events)


def plain(array: bytes) -> Plain | None:
    """None when anything about it is odd."""
    try:
        events = shapes.plain_events.decode(array)
        text = array.decode()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if len(events) > shapes.MOST_EVENTS:
        raise TooManyEvents
    if not all(_is_small(bytes(event.properties)) for event in events):
        return None
    return Plain(text, len(events), any(event.id or event.event_id for event in events))


def _is_small(properties: bytes) -> bool:
    """Certainly within bounds: it may have fewer levels and keys than it has such signs, and never more."""
    return (
        len(properties) <= shapes.MOST_BYTES
        and properties[:1] in b"{n"  # an object or null
        and properties.count(b"{") + properties.count(b"[") <= shapes.MOST_DEPTH
        and properties.count(b":") <= shapes.MOST_KEYS
    )


def mended(array: bytes) -> Mended:
    """Event by event."""
    try:
        events = shapes.any_events.decode(array)
    except msgspec.ValidationError as error:
        raise InvalidInput.one(["body", "events"], "Input should be a valid list", type="list_type") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput.one(["body"], "JSON decode error", type="json_invalid") from error
    if len(events) > shapes.MOST_EVENTS:
        raise TooManyEvents
    found = Mended()
    for index, raw in enumerate(events):
        event = _mend(index, bytes(raw))
        if isinstance(event, Refused):
            found.refused.append(event)
        else:
            found.events.append(event)
    return found


def _mend(index: int, raw: bytes) -> dict[str, Any] | Refused:
    try:
        # Python's own reader takes what others choke on: numbers without end
        event = msgspec.convert(_cleaned(json.loads(raw.decode(errors="replace"))), shapes.SloppyEvent)
    except msgspec.ValidationError as error:
        text = str(error)
        where = FIELD.search(text)
        return Refused(index, "invalid_event", text, (where[1] or where[2]) if where else None)
    except (ValueError, RecursionError):
        return Refused(index, "invalid_event", "Not readable as JSON")
    properties = event.properties or {}
    if (trouble := _trouble_with(properties)) is not None:
        return Refused(index, "properties_too_large", trouble, "properties")
    known = {name: id_or_none(getattr(event, name)) for name in (*OTHER_IDS, "user_id")}
    return {
        "event_type": event.event_type,
        "session_id": event.session_id,
        "step": event.step,
        "id": id_or_none(event.id) or id_or_none(event.event_id),
        "properties": properties,
        "occurred_at": _in_utc(event.occurred_at) if event.occurred_at else None,
        **known,
    }


def _in_utc(at: datetime) -> datetime:
    """A time without zone is in it; of zones there are more than PostgreSQL has, and years end before some of them."""
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def id_or_none(value: Any) -> str | None:
    return str(UUID(value)) if isinstance(value, str) and UUID_FORM.fullmatch(value) else None


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(NUL, REPLACEMENT)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, int) and value.bit_length() > WORD_BITS:
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _trouble_with(properties: dict[str, Any]) -> str | None:
    if len(json.dumps(properties, ensure_ascii=False, separators=(",", ":")).encode()) > shapes.MOST_BYTES:
        return f"properties hold at most {shapes.MOST_BYTES} bytes"
    level: list[Any] = [properties]
    keys = 0
    for _ in range(shapes.MOST_DEPTH):
        keys += sum(len(node) for node in level if isinstance(node, dict))
        level = [inner for node in level for inner in _inside(node) if isinstance(inner, (dict, list))]
    if level:
        return f"properties are nested at most {shapes.MOST_DEPTH} levels deep"
    return f"properties hold at most {shapes.MOST_KEYS} keys" if keys > shapes.MOST_KEYS else None


def _inside(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node
