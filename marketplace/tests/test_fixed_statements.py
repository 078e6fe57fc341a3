"""The short road to PostgreSQL gives the same answers and the same errors as the long one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from psycopg.pq import ExecStatus

from marketplace.common.postgis import base, fixed
from marketplace.common.postgis.base import hold_connections

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = """SELECT %(key)s::uuid, %(text)s::text, %(number)s::bigint, %(real)s::float8, %(none)s::text,
  ARRAY[%(text)s::text, %(none)s::text], convert_to(%(text)s::text, 'UTF8'), 7 %% 4, %(keys)s::uuid[]"""
KEY = UUID(int=7)
VALUES: dict[str, Any] = {"key": KEY, "text": "añ 😀 %", "number": 2**40, "real": 0.1, "none": None, "keys": [KEY]}


def test_both_roads_answer_alike() -> None:
    short = [fixed.ask(EVERYTHING, VALUES) for _ in range(3)]
    with transaction.atomic():
        long = fixed.ask(EVERYTHING, VALUES)

    assert short == [long] * 3
    assert long == (KEY, "añ 😀 %", 2**40, 0.1, None, ["añ 😀 %", None], "añ 😀 %".encode(), 3, [KEY])


def test_it_is_prepared_once_for_each_kind_of_value() -> None:
    for value in (1, 2, None, 2**40, 3):
        assert fixed.ask("SELECT %(n)s::bigint + 0", {"n": value}) == (value,)

    row = fixed.ask(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement = %(text)s", {"text": "SELECT $1::bigint + 0"}
    )
    assert row is not None
    assert 1 <= row[0] <= 4


def test_no_row_is_none() -> None:
    assert fixed.ask("SELECT 1 WHERE %(no)s", {"no": False}) is None


def test_errors_are_djangos_and_the_connection_goes_on() -> None:
    with pytest.raises(ProgrammingError):
        fixed.ask("SELECT nonsense FROM nowhere", {})
    with pytest.raises(Exception, match="division by zero"):
        fixed.ask("SELECT 1 / %(zero)s::int", {"zero": 0})

    assert fixed.ask("SELECT 1", {}) == (1,)


def test_what_psycopg_drops_after_a_rollback_is_prepared_again() -> None:
    """It deallocates everything on the connection, also what it did not prepare itself."""
    for value in (1, 2, 3):
        assert fixed.ask("SELECT %(n)s::bigint + 1", {"n": value}) == (value + 1,)
    raw = connection.connection
    for _ in range(3):  # often enough for psycopg to have prepared something of its own
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [1])
    with transaction.atomic():
        connection.cursor().execute("SELECT 1")
        transaction.set_rollback(True)
    raw.execute("SELECT 1")  # sends what psycopg has put off
    gone = raw.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'fixed%'", prepare=False).fetchone()
    assert gone == (0,)

    assert fixed.ask("SELECT %(n)s::bigint + 1", {"n": 4}) == (5,)
    assert fixed.ask("SELECT %(n)s::bigint + 1", {"n": 5}) == (6,)


def test_a_statement_whose_table_has_changed_is_prepared_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE changing (one integer)")
        cursor.execute("INSERT INTO changing VALUES (1)")
        assert fixed.ask("SELECT * FROM changing", {}) == (1,)
        cursor.execute("ALTER TABLE changing ADD COLUMN two integer DEFAULT 2")

        assert fixed.ask("SELECT * FROM changing", {}) == (1, 2)
        cursor.execute("DROP TABLE changing")


def test_a_lost_connection_is_an_operational_error() -> None:
    fixed.ask("SELECT 1", {})
    with pytest.raises(OperationalError):
        fixed.ask("SELECT pg_terminate_backend(pg_backend_pid())", {})
    connection.close()

    assert fixed.ask("SELECT 1", {}) == (1,)


def test_queries_that_are_counted_are_counted() -> None:
    with CaptureQueriesContext(connection) as queries:
        fixed.ask("SELECT 1", {})

    assert len(queries) == 1


def test_old_statements_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed, "MOST_PREPARED", 2)

    assert [fixed.ask(f"SELECT {n}", {}) for n in (1, 2, 3, 1)] == [(1,), (2,), (3,), (1,)]


# ── Connections that a thread holds between requests ─────────────────────────────────────────────


@pytest.fixture
def held() -> Iterator[None]:
    hold_connections()
    yield
    base._thread.holds_connections = False
    connection.close()


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_thread_of_requests_holds_its_connection(held: None) -> None:
    mine = backend()
    connection.close_if_unusable_or_obsolete()

    assert connection.connection is not None
    assert backend() == mine


def test_others_give_it_back() -> None:
    backend()
    connection.close_if_unusable_or_obsolete()

    assert connection.connection is None


def test_one_that_died_is_not_held(held: None) -> None:
    mine = backend()
    raw = connection.connection
    connection.connection = None  # somebody else ends it
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
    connection.close()
    connection.connection = raw
    connection.close_if_unusable_or_obsolete()

    assert connection.connection is None
    assert backend() != mine


def test_one_with_an_error_an_open_transaction_or_of_old_age_is_not_held(
    held: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend()
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("SELECT nonsense")
    connection.close_if_unusable_or_obsolete()
    assert connection.connection is None

    backend()
    connection.set_autocommit(False)
    connection.close_if_unusable_or_obsolete()
    assert connection.connection is None

    monkeypatch.setattr(base, "HELD_SECONDS", -1.0)
    backend()
    connection.close_if_unusable_or_obsolete()
    assert connection.connection is None


def test_what_has_no_code_comes_from_the_connection_and_not_from_the_server() -> None:
    """libpq may not call it bad yet: the server has gone in the middle of the answer."""
    connection.ensure_connection()
    raw = connection.connection
    cut_off = raw.pgconn.make_empty_result(ExecStatus.FATAL_ERROR)
    assert isinstance(fixed._trouble(raw, cut_off), psycopg.OperationalError)
    refused = raw.pgconn.exec_(b"SELECT 1 / 0")
    assert isinstance(fixed._trouble(raw, refused), psycopg.errors.DivisionByZero)
