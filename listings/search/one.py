"""`GET /v1/listings/{id}`, in one statement for everybody but moderators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User
from listings.search.items import ANY, ONE
from listings.search.media import with_addresses
from marketplace.common.postgis import fixed


@dataclass(frozen=True)
class Shown:
    body: bytes  # a JSON object
    version: int

    @property
    def etag(self) -> str:
        return f'"{self.version}"'


def show(listing_id: UUID, viewer: Any) -> Shown | None:
    """What is hidden from others a moderator sees, by the rights that their row has now."""
    shown = _ask(ONE, listing_id, viewer)
    if shown is None and _moderates(viewer):
        return _ask(ANY, listing_id, viewer)
    return shown


def _moderates(viewer: Any) -> bool:
    person = User.objects.active().filter(pk=viewer.pk, is_staff=True).first()
    return person is not None and person.has_perm("listings.moderate_listing")


def _ask(statement: str, listing_id: UUID, viewer: Any) -> Shown | None:
    row = fixed.ask(statement, {"listing_id": listing_id, "viewer": viewer.pk})
    return None if row is None else Shown(with_addresses(row[0]), row[1])
