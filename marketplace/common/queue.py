"""Rows as a queue: claim one and commit, work on it outside of any transaction, write down what came of it.

A claim holds for as long as its lease. A worker that dies is followed by another once the lease has run out; one that
only seemed dead finds that the row is no longer its own (`still_ours`) and changes nothing. A claim is counted when it
is made, so what kills its worker each time uses up its attempts all the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.functions import Now


@dataclass(frozen=True)
class Claim:
    key: Any
    attempt: int
    until: datetime  # the end of the lease; as no two are the same, it also says whose claim it is


class RowQueue:
    """For a model with `attempts` and `due_at`, where `due_at` is empty once there is nothing left to do.

    `claimed_state`: what a claim also writes into the row's `state`.
    """

    def __init__(self, model: type[Model], *, lease_seconds: int, claimed_state: str | None = None) -> None:
        self._model = model
        self._lease_seconds = lease_seconds
        self._claimed_state = claimed_state

    def claims(self, *, limit: int, for_seconds: float) -> Iterator[Claim]:
        """What is due, one at a time, for a while: one slow row must not hold up everything else that is swept."""
        stop_at = time.monotonic() + for_seconds
        for _ in range(limit):
            claim = self._claim() if time.monotonic() < stop_at else None
            if claim is None:
                return
            yield claim

    def is_anything_due(self) -> bool:
        return self._model._default_manager.filter(due_at__lte=Now()).exists()

    def still_ours(self, claim: Claim) -> QuerySet[Any]:
        return self._model._default_manager.filter(pk=claim.key, due_at=claim.until)

    def renew(self, claim: Claim) -> Claim | None:
        """For work that takes long: the same claim with a new lease, if it is still ours."""
        return self._leased("id = %s AND due_at = %s", [claim.key, claim.until])

    def claim_one_of(self, column: str, value: Any) -> Claim | None:
        """What is due among some rows, for a caller who would rather not wait for a worker."""
        return self._claim(f"AND {column} = %s", [value])

    def _claim(self, narrowed: str = "", values: Sequence[Any] = ()) -> Claim | None:
        table = self._model._meta.db_table
        also = "" if self._claimed_state is None else f", state = '{self._claimed_state}'"
        due = f"SELECT id FROM {table} WHERE due_at <= clock_timestamp() {narrowed}"  # noqa: S608  (names of ours)
        first = f"id = ({due} ORDER BY due_at FOR UPDATE SKIP LOCKED LIMIT 1)"
        return self._leased(first, values, also=f", attempts = attempts + 1{also}")

    def _leased(self, which: str, values: Sequence[Any], *, also: str = "") -> Claim | None:
        table = self._model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET due_at = clock_timestamp() + make_interval(secs => %s){also}"  # noqa: S608
                f" WHERE {which} RETURNING id, attempts, due_at",
                [self._lease_seconds, *values],
            )
            row = cursor.fetchone()
            return None if row is None else Claim(*row)
