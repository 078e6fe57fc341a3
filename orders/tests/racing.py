"""What races are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import pair_for
from conftest import session_of


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
