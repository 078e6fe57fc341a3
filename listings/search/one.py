"""`GET /v1/listings/{id}`, in one statement for everybody but moderators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from listings.search.finding import media_base
from listings.search.items import ANY, ONE


@dataclass(frozen=True)
class Shown:
    body: str  # a JSON object
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
    with connection.cursor() as cursor:
        cursor.execute(statement, {"listing_id": listing_id, "viewer": viewer.pk, "media": media_base()})
        row = cursor.fetchone()
    return None if row is None else Shown(*row)
