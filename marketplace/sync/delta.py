"""What has changed since a copy was last brought up to date, so that nothing is ever missed. docs/sync.md says why.

Each stamp bears the transaction that made it. Before anything is read it is asked which transactions may still be
running: whatever the others did is to be seen now, so next time it is enough to begin with the first of those.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from marketplace.sync import clock, places, since, stamps
from marketplace.sync.errors import CursorExpired, CursorOrSince
from marketplace.sync.places import Place
from marketplace.sync.registry import registry
from marketplace.sync.stamps import Stamped


@dataclass(frozen=True)
class Question:
    """`viewer` None: what strangers may see, whoever asks."""

    viewer: Any
    cursor: str | None
    since: str | None
    limit: int
    has_limit: bool = True  # or it is asked by an app that may know no pages

    @property
    def owner(self) -> str:
        """Whose copy a cursor is for."""
        return "catalog" if self.viewer is None else str(self.viewer.pk)


@dataclass(frozen=True)
class Page:
    """What there is to tell, before any of it is written down."""

    question: Question
    place: Place  # where this page begins
    next_place: Place
    stamps: list[Stamped]
    ripe: list[tuple[str, UUID]]
    has_more: bool
    is_reset: bool
    server_time: datetime  # when the pass began: what was committed after its first page may have been passed by

    @property
    def etag(self) -> str:
        """The same for the same stamps, wherever the copy stands: the times in the answer say nothing new."""
        told = [(stamp.kind, stamp.entity.bytes, stamp.scope.bytes, stamp.xid, stamp.seq) for stamp in self.stamps]
        facts = (self.place.generation, self.question.owner, told, self.ripe, self.has_more, self.is_reset)
        return f'W/"{sha256(repr(facts).encode()).hexdigest()[:32]}"'

    @property
    def last_xid(self) -> int:
        return self.stamps[-1].xid if self.stamps else self.place.fresh_from - 1


@contextmanager
def pages(question: Question) -> Iterator[Page]:
    """The page, and as long as it is held, the one moment that it and its items are read from."""
    if question.cursor and question.since:
        raise CursorOrSince
    now = clock.now()
    wanted = since.read(question.since, now=now) if question.since else None
    place = places.read(question.cursor, owner=question.owner) if question.cursor else None
    with _one_moment():
        horizon = clock.horizon()
        generation, min_floor = horizon.generation, horizon.min_floor
        begin, is_reset = place, False
        if begin is None:
            begin, is_reset = _begin(generation, wanted, min_floor, now)
        elif begin.generation != generation or begin.fresh_from > horizon.next_one or begin.complete_below < min_floor:
            raise CursorExpired
        if begin.began_at is None:
            begin = replace(begin, began_at=now, ends_at=horizon.oldest_running, began_after=horizon.long_ended)
        yield _page(question, begin, now=now, is_reset=is_reset)


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot for all that is read. Inside a transaction of somebody else's, which was never begun as such, what
    is asked first is still asked first: that is enough for nothing to be missed."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _begin(generation: UUID, wanted: datetime | None, min_floor: int, now: datetime) -> tuple[Place, bool]:
    """Without a time, everything that there is. With one, what was committed after it, and a little before; where that
    is no longer known, everything, and the copy is to be dropped."""
    if wanted is None:
        return Place(generation, 0, now), False
    floor = clock.floor_at(wanted)
    if floor is None and min_floor == 0:
        floor = 1  # the log is younger than the copy, and has forgotten nothing
    if floor is None or floor < min_floor:
        return Place(generation, 0, now), True
    return Place(generation, max(floor, 1), wanted - clock.SLACK), False


def _page(question: Question, place: Place, *, now: datetime, is_reset: bool) -> Page:
    assert place.began_at is not None
    found = stamps.page(registry.scopes_of(question.viewer), place, most=question.limit + 1)
    has_more = len(found) > question.limit
    found = found[: question.limit]
    if has_more:
        next_place = replace(place, after=(found[-1].xid, found[-1].seq))
    else:
        next_place = Place(place.generation, _fresh_from(place, found), place.began_at)
    ripe = [] if has_more or question.viewer is None else _ripe(question.viewer, place.at, now)
    if has_more:
        found += _early(question, next_place)
    return Page(question, place, next_place, found, ripe, has_more, is_reset, place.began_at)


def _early(question: Question, next_place: Place) -> list[Stamped]:
    """Some apps ask once, by time, and never for the next page: they are told at once what is their own. In its turn it
    comes again."""
    if question.viewer is None or question.cursor or question.has_limit:
        return []
    return stamps.newest(question.viewer.pk, after=next_place.after, most=question.limit)


def _fresh_from(place: Place, found: list[Stamped]) -> int:
    """Where the next pass begins: with the first that was still running, but never beyond what is on disk.

    PostgreSQL forgets in a crash which ids it had given to transactions that left no trace, and gives them again. What
    is to be seen has been written to disk, so ids up to the last one that was told, or below the floor of an epoch, are
    never given again. The epoch also keeps a copy current in whose scopes nothing happens for months.
    """
    assert place.ends_at is not None
    last_told = found[-1].xid if found else place.after[0]
    return max(1, min(place.ends_at, max(place.fresh_from, place.began_after, last_told + 1)))


def _ripe(viewer: Any, after: datetime, until: datetime) -> list[tuple[str, UUID]]:
    return [entry for ripening in registry.ripening for entry in ripening(viewer, after, until)]
