"""What is synced: one entry for each list of an answer, made by one file for each app (`of_….py`).

The engine knows stamps, places and pages. What an item looks like, and who may see it, is asked of the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from marketplace.sync.kinds import PUBLIC, Kind

Keys = list[UUID]
Shown = Mapping[UUID, Any]  # what may be seen of what was asked for, as JSON or as what becomes JSON


@dataclass(frozen=True)
class Synced:
    """`show(viewer, keys)` gives each of these that the viewer may see now, as its own door shows it.

    `tells_loss`: whoever reads a stamp of it had it, or could have; so what is not shown any more is to be dropped.
    Where that is not so, only what was really deleted is.
    """

    name: str
    kinds: tuple[Kind, ...]
    show: Callable[[Any, Keys], Shown]
    tables: tuple[str, ...]  # its own; a test finds their triggers
    parts: tuple[str, ...] = ()  # others that its JSON is made of
    tells_loss: bool = True
    has_version: bool = False  # its own JSON has one that grows with each change
    is_public: bool = False


@dataclass
class Registry:
    entries: list[Synced] = field(default_factory=list)
    scopes: list[Callable[[Any], Keys]] = field(default_factory=list)  # of a person, besides their own
    ripening: list[Callable[[Any, Any, Any], list[tuple[str, UUID]]]] = field(default_factory=list)

    def add(self, *entries: Synced) -> None:
        self.entries += entries

    def named(self, *, only_public: bool) -> list[Synced]:
        return [entry for entry in self.entries if entry.is_public or not only_public]

    def by_kind(self) -> dict[int, Synced]:
        return {kind: entry for entry in self.entries for kind in entry.kinds}

    def scopes_of(self, viewer: Any) -> Keys:
        if viewer is None:
            return [PUBLIC]
        return [PUBLIC, viewer.pk, *(key for scopes in self.scopes for key in scopes(viewer))]


registry = Registry()
