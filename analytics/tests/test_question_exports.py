"""`GET /v1/analytics/exports/{question}.csv`: for staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from analytics.tests.writing import Said, write
from marketplace.common.ids import uuid7

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]
PATH = "/v1/analytics/exports/2_2.csv"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MARCH = {"start": "2026-03-01", "end": "2026-04-01"}


@pytest.fixture
def clicks(db: None) -> None:
    for button in ("buy", "=cmd()", None):
        write(Said("ui.click", NOON, user=uuid7(), properties={"button": button} if button else {}))


def test_staff_get_the_answer_as_a_file(signed_in: Api, moderator: User, clicks: None) -> None:
    answer = signed_in(moderator).get(PATH, MARCH)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer["Content-Disposition"] == 'attachment; filename="2_2.csv"'
    header, *rows = answer.content.decode().splitlines()
    assert header == "day,button,count"
    assert sorted(rows) == ["2026-03-10,'=cmd(),1", "2026-03-10,,1", "2026-03-10,buy,1"]


def test_T38_nobody_else_does(signed_in: Api, anonymous: APIClient, buyer: User, clicks: None) -> None:
    assert signed_in(buyer).get(PATH, MARCH).status_code == 403
    assert anonymous.get(PATH, MARCH).status_code == 401


@pytest.mark.parametrize("name", ["9_9", "events", "orders", "..%2F2_2"])
def test_what_is_no_question_is_not_there(signed_in: Api, moderator: User, name: str) -> None:
    assert signed_in(moderator).get(f"/v1/analytics/exports/{name}.csv").status_code == 404


def test_a_date_that_is_none(signed_in: Api, moderator: User) -> None:
    assert signed_in(moderator).get(PATH, {"start": "yesterday"}).status_code == 400
