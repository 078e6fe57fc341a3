"""T3 under concurrency, with real transactions: one rotation however many ask at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.db import connection
from django.db.models import QuerySet
from rest_framework.test import APIClient

from accounts.models import Session, User
from accounts.tokens import pair_for
from conftest import session_of

ROUNDS, AT_ONCE = 10, 20


def ask_at_once(token: str) -> list[tuple[int, str]]:
    answers: list[tuple[int, str]] = []
    barrier = threading.Barrier(AT_ONCE, timeout=20)

    def ask() -> None:
        client = APIClient()
        connection.ensure_connection()
        barrier.wait()
        reply = client.post("/v1/auth/refresh", {"refresh_token": token})
        answers.append((reply.status_code, reply.json().get("refresh_token", "")))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.fixture
def no_limits(settings: object) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_limits")
def test_T3_twenty_at_once_get_one_and_the_same_successor(make_person: Callable[..., User]) -> None:
    person = make_person("racer")
    for _ in range(ROUNDS):
        answers = ask_at_once(pair_for(session_of(person)).refresh or "")

        assert {status for status, _ in answers} == {200}
        assert len({token for _, token in answers}) == 1
    assert not Session.objects.filter(revoked_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_limits")
def test_T3_without_grace_exactly_one_wins_and_the_rest_end_the_family(
    make_person: Callable[..., User], settings: object
) -> None:
    settings.REFRESH_GRACE_SECONDS = -1  # type: ignore[attr-defined]
    answers = ask_at_once(pair_for(session_of(make_person("racer"))).refresh or "")

    assert sorted(status for status, _ in answers) == [200] + [401] * (AT_ONCE - 1)
    assert Session.objects.get().ended_by == Session.Ended.REUSE


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_limits")
def test_negative_control_without_the_row_lock_one_token_forks(make_person: Callable[..., User]) -> None:
    """The test above can fail: take the lock away and several different successors appear."""
    person = make_person("racer")

    def no_lock(rows: QuerySet[Session], **_: object) -> QuerySet[Session]:
        return rows

    with patch.object(QuerySet, "select_for_update", no_lock):
        successors = [
            {token for status, token in ask_at_once(pair_for(session_of(person)).refresh or "") if status == 200}
            for _ in range(ROUNDS)
        ]

    assert max(len(tokens) for tokens in successors) > 1
