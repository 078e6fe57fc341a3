"""Connections are pooled, prepared, bound by the server, and none of them waits for ever."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from psycopg_pool import ConnectionPool

pytestmark = pytest.mark.django_db


def shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


def test_connections_come_from_a_pool() -> None:
    assert isinstance(getattr(connection, "pool", None), ConnectionPool)
    assert connection.settings_dict["CONN_MAX_AGE"] == 0


def test_a_repeated_query_is_prepared_and_bound_by_the_server() -> None:
    with connection.cursor() as cursor:
        for number in range(4):
            cursor.execute("SELECT %s::int + 40", [number])
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["SELECT $1::int + 40"])
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    ("name", "value"),
    [("statement_timeout", "15s"), ("lock_timeout", "3s"), ("idle_in_transaction_session_timeout", "30s")],
)
def test_nothing_waits_for_ever(name: str, value: str) -> None:
    assert shown(name) == value


@pytest.mark.django_db(transaction=True)
def test_a_query_that_takes_too_long_is_ended_by_the_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '100ms'")
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(5)")
        cursor.execute("RESET statement_timeout")
