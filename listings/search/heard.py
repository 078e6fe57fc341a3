"""Who wants to know what is searched for is told in the request's own thread: they note it down and do no more.

An app above puts itself here (`listen`); searching knows nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from listings.search.criteria import Criteria


@dataclass(frozen=True)
class Search:
    criteria: Criteria
    total: int
    by: UUID


Listener = Callable[[Search], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    _listeners.append(listener)


def tell(criteria: Criteria, *, total: int, by: UUID) -> None:
    """A list with nothing asked for is no search, and one's own shelf is none either."""
    if criteria.given - {"mine", "seller_id"}:
        for listener in _listeners:
            listener(Search(criteria, total, by))
