"""A batch of events from outside, and what became of each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DataError

from accounts.models import User
from analytics.services.intake import reading, writing
from analytics.services.intake.reading import Refused
from marketplace.common import metrics
from marketplace.common.errors import InvalidInput
from marketplace.common.jsonio import dumps


@dataclass(frozen=True)
class Taken:
    inserted: int
    ids: list[UUID]
    duplicates: int
    refused: list[Refused] = field(default_factory=list)

    def body(self) -> dict[str, Any]:
        rejected = [each.shown() for each in self.refused]
        return {"inserted": self.inserted, "ids": self.ids, "duplicates": self.duplicates, "rejected": rejected}


def take_in(body: bytes, *, user_id: UUID | None) -> Taken:
    """Committed when it returns. A batch of which nothing can be taken is an `InvalidInput`."""
    taken = _taken(reading.array_of(body), user_id)
    for outcome, count in (("stored", taken.inserted), ("seen", taken.duplicates), ("refused", len(taken.refused))):
        if count:
            metrics.telemetry_events.labels(outcome).inc(count)
    return taken


def _taken(array: bytes, user_id: UUID | None) -> Taken:
    plain = reading.plain(array) if user_id is not None else None
    if plain is not None and user_id is not None:
        try:
            kept = writing.write(plain.text, user_id=user_id, has_ids=plain.has_ids)
            return Taken(kept.count, kept.first_ids, plain.count - kept.count)
        except DataError:  # a NUL, half a character, a number without end: one event's, and it is found out which
            pass
    return _mended(array, user_id)


def _mended(array: bytes, user_id: UUID | None) -> Taken:
    found = reading.mended(array)
    if found.refused and not found.events:
        raise InvalidInput([each.problem() for each in found.refused])
    try:
        kept = _write_mended(found.events, user_id)
    except DataError as error:
        raise InvalidInput.one(["body", "events"], "Something in here cannot be stored") from error
    return Taken(kept.count, kept.first_ids, len(found.events) - kept.count, found.refused)


def _write_mended(events: list[dict[str, Any]], user_id: UUID | None) -> writing.Kept:
    if user_id is not None:
        return writing.write(dumps(events).decode(), user_id=user_id, has_ids=True)
    _leave_only_people_in(events)
    return writing.write_theirs(events)


def _leave_only_people_in(events: list[dict[str, Any]]) -> None:
    """Without a token anybody can be named, but nobody who does not exist, and nobody as having looked at a thing: what
    sellers are told of that would be for anybody to make up."""
    named = {event["user_id"] for event in events} - {None}
    people = {str(key) for key in User.objects.filter(pk__in=named).values_list("pk", flat=True)} if named else set()
    for event in events:
        is_kept = event["user_id"] in people and event["event_type"] != "listing.viewed"
        event["user_id"] = event["user_id"] if is_kept else None
