"""What races are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import pair_for
from conftest import session_of
from orders.services import moving


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each came to, in the order given: its result, or the error it was refused with."""
    came: list[Any] = [None] * len(calls)
    barrier = threading.Barrier(len(calls), timeout=30)

    def run(n: int) -> None:
        barrier.wait()
        try:
            came[n] = calls[n]()
        except Exception as error:
            came[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def posting(person: User, path: str, body: dict[str, Any], **headers: str) -> Callable[[], tuple[int, Any]]:
    """A request ready to go, by a person with a session of their own."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair_for(session_of(person)).access}", **headers)

    def send() -> tuple[int, Any]:
        reply = client.post(path, body)
        return reply.status_code, reply.json()

    return send


def without_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_lock(rows: QuerySet[Any], **_: object) -> QuerySet[Any]:
        return rows

    monkeypatch.setattr(QuerySet, "select_for_update", no_lock)


def crossing(monkeypatch: pytest.MonkeyPatch) -> threading.Barrier:
    """Without locks, and each of two waits for the other where both have been found to be allowed for the first time.

    Only then: a deed of several steps would wait at the second one for somebody who has long gone.
    """
    without_row_locks(monkeypatch)
    barrier = threading.Barrier(2, timeout=30)
    honest = moving.require
    met = threading.local()

    def meets_the_other(*args: Any, **facts: Any) -> None:
        honest(*args, **facts)
        if not hasattr(met, "other"):
            met.other = True
            barrier.wait()

    monkeypatch.setattr(moving, "require", meets_the_other)
    return barrier
