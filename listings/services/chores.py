"""The chores there are: each takes what was wanted and gives back facts for the result. All may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from listings.models import MaintenanceRun
from listings.services import photos, priors

Chore = MaintenanceRun.Chore
Wanted = dict[str, Any]


def _thumbnails(wanted: Wanted, now: datetime) -> dict[str, Any]:
    return dict(photos.rebuild(wanted.get("object_key"), tuple(wanted["sizes"])))


def _suggestions(wanted: Wanted, now: datetime) -> dict[str, Any]:
    return dict(priors.precompute(now=now))


def _orphans(wanted: Wanted, now: datetime) -> dict[str, Any]:
    return photos.collect_orphans(wanted.get("prefix"), now)


CHORES: dict[str, Callable[[Wanted, datetime], dict[str, Any]]] = {
    Chore.THUMBNAILS: _thumbnails,
    Chore.SUGGESTIONS: _suggestions,
    Chore.ORPHANS: _orphans,
}
