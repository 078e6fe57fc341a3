"""Where a raw event is kept."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def _partition_of(received_at: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO analytics_event (event_type, session_id, occurred_at, received_at)"
            " VALUES ('screen.view', 'session', now(), " + received_at + ") RETURNING tableoid::regclass::text",
        )
        return str(cursor.fetchone()[0])


def test_an_event_is_kept_in_the_partition_of_the_day_it_came() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')")
        today = cursor.fetchone()[0]

    assert _partition_of("now()") == f"analytics_event_{today}"


def test_a_day_that_nobody_prepared_loses_no_event() -> None:
    assert _partition_of("now() + interval '1 year'") == "analytics_event_rest"
