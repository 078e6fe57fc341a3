"""`GET /v1/listings`: one statement for a page and its total."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from listings.search import cursors, totals
from listings.search.criteria import Criteria
from listings.search.families import family_of
from listings.search.media import with_addresses
from listings.search.statements import (
    EXACT_UP_TO,
    FRESH_POOL,
    USUAL_SIZES,
    WORDS_POOL,
    Road,
    Shape,
    page_statement,
    shape_of,
)
from marketplace.common.postgis import fixed
from marketplace.common.shortlived import ShortLived

THREE_LETTERS = re.compile(r"\w{3}")  # with fewer in a row, likeness would have to read every title
common_words: ShortLived[str, Road] = ShortLived(60.0, most=4_096)  # and the shorter road to them


@dataclass(frozen=True)
class Window:
    page: int = 1
    size: int = 20
    cursor: str | None = None

    @property
    def is_first(self) -> bool:
        return self.page == 1 and self.cursor is None

    @property
    def skip(self) -> int:
        return 0 if self.cursor else (self.page - 1) * self.size


@dataclass(frozen=True)
class Found:
    items: bytes  # a JSON array
    has_next: bool
    total: int
    total_is_exact: bool
    next_cursor: str | None
    criteria: Criteria  # as it was answered in the end


@dataclass(frozen=True)
class _Answer:
    items: bytes
    picked: int
    last: list[str] | None
    rough: int | None
    exact: int | None
    pool: int | None


def find(criteria: Criteria, viewer: Any, window: Window) -> Found:
    """Words first; when they stand nowhere at all, titles that look like them."""
    position = cursors.read(window.cursor, criteria, viewer) if window.cursor else None
    if position is not None:
        criteria = replace(criteria, loosely=position.loosely)
    found, finds_words = _find(criteria, viewer, window, position)
    if finds_words or position is not None or not THREE_LETTERS.search(criteria.q):
        return found
    return _find(replace(criteria, loosely=True), viewer, window, None)[0]


def road_to(criteria: Criteria) -> Road:
    """One seller's listings are few enough to be read; words known to be common are met soon among the newest."""
    if not criteria.q or _is_one_sellers(criteria):
        return Road.INDEX
    if criteria.loosely:
        return Road.ALIKE
    return common_words.peek(criteria.q) or Road.WORDS


def are_common(criteria: Criteria) -> bool:
    return bool(criteria.q) and road_to(criteria) in {Road.FRESH, Road.INDEX} and not _is_one_sellers(criteria)


def _is_one_sellers(criteria: Criteria) -> bool:
    return criteria.mine or criteria.seller_id is not None


@dataclass(frozen=True)
class _Asked:
    """One statement to be run, and for whom."""

    criteria: Criteria
    viewer: Any
    window: Window
    shape: Shape
    values: dict[str, Any]
    rough: int | None  # known from before

    def by(self, road: Road) -> _Asked:
        return replace(self, shape=replace(self.shape, road=road, is_counted=False))


def _find(criteria: Criteria, viewer: Any, window: Window, position: cursors.Position | None) -> tuple[Found, bool]:
    """What is found, and whether the words stand anywhere."""
    asked = _put_together(criteria, viewer, window, position)
    first = answer = _ask(asked)
    matches = first.pool if asked.shape.road == Road.WORDS else first.exact
    while (road := _other_road(asked, answer)) is not None:
        asked = asked.by(road)
        answer = _ask(asked)
    return _found(answer, asked), not criteria.q or criteria.loosely or matches != 0


def _other_road(asked: _Asked, answer: _Answer) -> Road | None:
    """Words may turn out to be common, and the fresh ones may end before the page does."""
    shape, pool = asked.shape, answer.pool or 0
    if shape.road == Road.WORDS and pool > WORDS_POOL:
        common_words.put(asked.criteria.q, Road.FRESH)
        return Road.FRESH if shape.can_be_fresh else Road.INDEX
    if shape.road != Road.FRESH:
        return None
    if pool > FRESH_POOL:
        common_words.put(asked.criteria.q, Road.INDEX)
    return Road.INDEX if answer.picked < asked.values["take"] else None


def _put_together(criteria: Criteria, viewer: Any, window: Window, position: cursors.Position | None) -> _Asked:
    family = family_of(criteria.category_id) if criteria.category_id else []
    road, rough = road_to(criteria), totals.remembered(criteria)
    shape = shape_of(
        criteria,
        has_children=len(family) > 1,
        road=road,
        is_after=position is not None,
        rough=totals.rough_source(criteria) if rough is None else "",
        is_counted=rough is None and not are_common(criteria),
    )
    if road == Road.FRESH and not shape.can_be_fresh:
        shape = replace(shape, road=Road.INDEX)
    if shape.keeps_its_plan and window.skip == 0 and window.size in USUAL_SIZES:
        shape = replace(shape, size=window.size)
    values = values_for(criteria, viewer, family) | _window_values(window, position, road)
    return _Asked(criteria, viewer, window, shape, values, rough)


def values_for(criteria: Criteria, viewer: Any, family: list[Any]) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(criteria, name) for name in criteria.given - {"near", "mine"}}
    values |= {"viewer": viewer.pk, "family": family}
    if criteria.near is not None:
        circle = criteria.near
        values |= {"latitude": circle.latitude, "longitude": circle.longitude, "metres": circle.radius_km * 1000}
        values |= totals.cells_within(circle, family)
    return values


def _window_values(window: Window, position: cursors.Position | None, road: Road) -> dict[str, Any]:
    values: dict[str, Any] = {"skip": window.skip, "take": window.size + 1, "page_size": window.size}
    values["pool"] = EXACT_UP_TO if road == Road.ALIKE else WORDS_POOL + 1
    keys = position.keys if position else ()
    return values | {f"after_{place}": key for place, key in enumerate(keys)}


def _ask(asked: _Asked) -> _Answer:
    statement = page_statement(asked.shape)
    row = fixed.ask(statement, asked.values) if asked.shape.has_one_plan else _ask_anew(statement, asked.values)
    items, *rest = row or ()
    return _Answer(with_addresses(items), *rest)


def _ask_anew(statement: str, values: dict[str, Any]) -> Any:
    with planned_anew(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


@contextmanager
def planned_anew() -> Iterator[None]:
    """Not prepared on the server: after five executions it would take one plan for all values."""
    connection.ensure_connection()
    raw = connection.connection
    usual, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = usual


def _found(answer: _Answer, asked: _Asked) -> Found:
    criteria, viewer = asked.criteria, asked.viewer
    has_next = answer.picked > asked.window.size
    totals.remember(criteria, answer.rough)
    total, is_exact = _total(answer, asked, has_next=has_next)
    position = cursors.Position(tuple(answer.last), criteria.loosely) if has_next and answer.last else None
    return Found(
        items=answer.items,
        has_next=has_next,
        total=total,
        total_is_exact=is_exact,
        next_cursor=cursors.write(position, criteria, viewer) if position else None,
        criteria=criteria,
    )


def _total(answer: _Answer, asked: _Asked, *, has_next: bool) -> tuple[int, bool]:
    """Exact as far as it was counted, or to the end if this is the last page; an estimate beyond."""
    shape, skipped = asked.shape, asked.window.skip
    seen = skipped + answer.picked
    is_whole = not (shape.road == Road.ALIKE and (answer.pool or 0) >= EXACT_UP_TO)
    is_end = not has_next and not asked.window.cursor
    if is_end and (answer.picked or not skipped):
        return seen, is_whole
    limit = WORDS_POOL if shape.road == Road.WORDS else EXACT_UP_TO
    if answer.exact is not None and answer.exact <= limit:
        return answer.exact, is_whole
    rough = asked.rough if answer.rough is None else answer.rough
    guess = rough if totals.is_the_total(asked.criteria) else None
    if guess is None:
        guess = totals.estimate(replace(shape, road=Road.INDEX, size=None), asked.values)
    if is_end:  # they all lie before this page
        return min(guess, skipped), False
    return max(guess, EXACT_UP_TO + 1, seen), False
