"""A page written down: items as their own doors show them, and what is to be dropped."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.common.jsonio import dumps
from marketplace.sync import places
from marketplace.sync.delta import Page
from marketplace.sync.kinds import PUBLIC, Kind
from marketplace.sync.of_chat import no_longer_shown
from marketplace.sync.registry import Synced, registry


@dataclass
class Mark:
    """What the stamps of one thing say together."""

    seq: int = 0
    is_gone: bool = False  # it was deleted, or taken from whoever reads the stamp
    was_held: bool = False  # a copy may have it


def told(page: Page) -> bytes:
    entries = registry.named(only_public=page.question.viewer is None)
    marks = _marks(page)
    items: dict[str, Any] = {}
    deleted: dict[str, list[UUID]] = {}
    for entry in entries:
        items[entry.name], deleted[entry.name] = _split(entry, page.question.viewer, marks[entry.name])
    if "messages" in deleted:
        deleted["messages"] += _narrowed(page)
    return dumps({
        **items,
        "deleted": deleted,
        "cursor": places.written(page.next_place, owner=page.question.owner),
        "has_more": page.has_more,
        "server_time": page.server_time,
        "reset": page.is_reset,
    })  # fmt: skip


def _marks(page: Page) -> dict[str, dict[UUID, Mark]]:
    """By list and key. A stamp in a room's scope is also one of the room."""
    marks: dict[str, dict[UUID, Mark]] = defaultdict(lambda: defaultdict(Mark))
    by_kind = registry.by_kind()
    own_scope = None if page.question.viewer is None else page.question.viewer.pk
    for stamp in page.stamps:
        is_of_room = stamp.scope not in (PUBLIC, own_scope)
        was_held = page.place.may_hold(stamp.xid)
        entry = by_kind.get(stamp.kind)
        if entry is not None and stamp.kind != Kind.SEAT:
            mark = marks[entry.name][stamp.entity]
            mark.seq = max(mark.seq, stamp.seq)
            mark.is_gone, mark.was_held = stamp.passing, mark.was_held or was_held
        if is_of_room:
            room = marks["chats"][stamp.scope]
            room.seq = max(room.seq, stamp.seq)
    for name, key in page.ripe:
        marks[name][key].seq = max(marks[name][key].seq, 1)
    return marks


def _split(entry: Synced, viewer: Any, marks: dict[UUID, Mark]) -> tuple[list[Any], list[UUID]]:
    if not marks:
        return [], []
    shown = entry.show(viewer, list(marks))
    items = [
        shown[key] if entry.has_version else {**shown[key], "version": mark.seq}
        for key, mark in marks.items()
        if key in shown
    ]
    lost = [
        key for key, mark in marks.items() if key not in shown and mark.was_held and (entry.tells_loss or mark.is_gone)
    ]
    return items, lost


def _narrowed(page: Page) -> list[UUID]:
    rooms = [stamp.entity for stamp in page.stamps if stamp.kind == Kind.NARROWED]
    return no_longer_shown(page.question.viewer, rooms) if rooms else []
