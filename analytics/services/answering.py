"""How sellers answer: of the conversations that buyers began with them, how many were answered, and how soon.

A person sees their own figures. Of everybody else they see one average, and their own place among them, and that only
where at least `CROWD` others stand behind it: from fewer, one could be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from uuid import UUID

from django.db import connection

from accounts.models import User
from analytics.querysets.talks import ANSWERING_OF_ALL, ANSWERING_OF_ONE
from marketplace.common.shortlived import ShortLived

CROWD = 5
WINDOW = timedelta(days=30)
FRESH_SECONDS = 10.0
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Answering:
    seller_id: UUID
    conversations: int
    replies: int
    waited: timedelta | None  # until the first answer, on average; None: nobody was answered

    @property
    def rate(self) -> float:
        return round(self.replies / self.conversations, 4)

    @property
    def minutes(self) -> float | None:
        return None if self.waited is None else round(self.waited / MINUTE, 2)

    @property
    def merit(self) -> tuple[float, float]:
        """Who answers more stands higher; of those alike, who answers sooner."""
        return self.rate, -inf if self.minutes is None else -self.minutes


@dataclass(frozen=True)
class Others:
    """All other sellers together, each of them counting alike."""

    rate: float
    minutes: float | None
    percentile: float  # how many of a hundred of them the seller is ahead of; who is level counts half


# Everybody's, for all who ask within a few seconds
_all: ShortLived[None, list[Answering]] = ShortLived(FRESH_SECONDS, most=1)


def forget() -> None:
    _all.forget()


def answering_of(seller: User, *, now: datetime) -> Answering | None:
    """Over the usual window; None when nobody has asked."""
    return next(iter(_by_seller(ANSWERING_OF_ONE, now, seller=seller.pk)), None)


def others_than(mine: Answering, *, now: datetime) -> Others | None:
    everybody = _all.get(None, lambda: _by_seller(ANSWERING_OF_ALL, now))
    others = [each for each in everybody if each.seller_id != mine.seller_id]
    if len(others) < CROWD:
        return None
    answered = [each.minutes for each in others if each.minutes is not None]
    return Others(
        rate=round(sum(each.rate for each in others) / len(others), 4),
        minutes=round(sum(answered) / len(answered), 2) if len(answered) >= CROWD else None,
        percentile=_percentile(mine, others),
    )


def _percentile(mine: Answering, others: list[Answering]) -> float:
    behind = sum(each.merit < mine.merit for each in others)
    level = sum(each.merit == mine.merit for each in others)
    return round(100 * (behind + level / 2) / len(others), 1)


def _by_seller(statement: str, now: datetime, **whom: UUID) -> list[Answering]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"start": now - WINDOW, "end": now, **whom})
        return [Answering(*row) for row in cursor.fetchall()]
