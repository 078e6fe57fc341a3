"""Where a copy stands: signed, so that nobody moves it, and bound to whose copy it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.core import signing

from marketplace.sync.errors import InvalidCursor

VERSION = 1
LONGEST = 500


@dataclass(frozen=True)
class Place:
    """The copy has everything below `fresh_from`. In the middle of a pass also where its next page begins."""

    generation: UUID
    fresh_from: int
    at: datetime  # when the pass before began
    began_at: datetime | None = None  # and when this one did, once it has
    ends_at: int | None = None  # transactions below this had ended when the pass began
    began_after: int = 0  # and those below this long before
    after: tuple[int, int] = (0, 0)

    @property
    def has_copy(self) -> bool:
        return self.fresh_from > 0

    def may_hold(self, xid: int) -> bool:
        """Whether the copy may have had what that transaction changed. Who begins anew has what came with the pages
        before, and of that only what has changed since can be gone."""
        return self.has_copy or (self.after != (0, 0) and xid >= self.began_after)

    @property
    def complete_below(self) -> int:
        """What was deleted below this, the copy never had or knows of."""
        return self.fresh_from if self.has_copy else self.began_after


def written(place: Place, *, owner: str) -> str:
    began_at = place.began_at and place.began_at.timestamp()
    facts = [
        *(VERSION, place.generation.hex, place.fresh_from, place.at.timestamp(), began_at),
        *(place.ends_at, place.began_after, *place.after),
    ]
    return _signer(owner).sign_object(facts)


def read(text: str, *, owner: str) -> Place:
    if len(text) > LONGEST:
        raise InvalidCursor
    try:
        version, generation, fresh_from, at, began_at, *within = _signer(owner).unsign_object(text)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidCursor from error
    if version != VERSION:
        raise InvalidCursor
    ends_at, began_after, *after = within
    return Place(
        UUID(generation), fresh_from, _time(at), began_at and _time(began_at), ends_at, began_after, _pair(after)
    )


def _time(stamp: float) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


def _pair(numbers: list[int]) -> tuple[int, int]:
    xid, seq = numbers
    return xid, seq


def _signer(owner: str) -> signing.Signer:
    return signing.Signer(salt=f"sync:{owner}")
