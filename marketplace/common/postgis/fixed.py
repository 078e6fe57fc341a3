"""Fixed statements of hot reads, by the shortest road to the server: prepared once, then one call of libpq.

psycopg's cursor does more for a query than these need (it can wait for many things at once, stream, and decide anew
what to prepare), and that takes longer than the query. Parameters and results are converted by psycopg all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, TransactionStatus

PARAMETER = re.compile(r"%\((\w+)\)s|%%")
MOST_PREPARED = 200  # on one connection; there are far fewer
Row = tuple[Any, ...]
# psycopg drops all that is prepared after a rollback, ours as well; and a migration may have changed what a plan gives
FORGOTTEN = (InvalidSqlStatementName, FeatureNotSupported)


def ask(statement: str, values: Mapping[str, Any]) -> Row | None:
    """The first row. Inside a transaction, and while queries are being counted, a cursor asks as usual."""
    rows = ask_all(statement, values)
    return rows[0] if rows else None


def ask_all(statement: str, values: Mapping[str, Any]) -> list[Row]:
    database = connections[DEFAULT_DB_ALIAS]  # once: `connection` looks it up for each of its attributes
    database.ensure_connection()
    raw = database.connection
    if not _is_at_rest(database, raw):
        with database.cursor() as cursor:
            cursor.execute(statement, dict(values))
            rows: list[Row] = cursor.fetchall()
            return rows
    with database.wrap_database_errors:
        return _ask(raw, statement, values)


def change(statement: str, values: Mapping[str, Any]) -> Row | None:
    """For a change that is one statement: all of it or nothing, also when it fails inside a larger transaction."""
    rows = change_all(statement, values)
    return rows[0] if rows else None


def change_all(statement: str, values: Mapping[str, Any]) -> list[Row]:
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        return ask_all(statement, values)


def _is_at_rest(database: BaseDatabaseWrapper, raw: Any) -> bool:
    is_watched = database.queries_logged or database.execute_wrappers
    is_idle = raw.autocommit and raw.pgconn.transaction_status == TransactionStatus.IDLE
    return is_idle and not is_watched and raw.prepare_threshold is not None  # none: there is a pgbouncer


def _ask(raw: Any, statement: str, values: Mapping[str, Any]) -> list[Row]:
    try:
        return _execute(raw, statement, values)
    except FORGOTTEN:
        _forget_all(raw, raw.__dict__["fixed_statements"])
        return _execute(raw, statement, values)


def _execute(raw: Any, statement: str, values: Mapping[str, Any]) -> list[Row]:
    text, names = numbered(statement)
    between = Transformer.from_context(raw)
    given = between.dump_sequence([values[name] for name in names], [PyFormat.AUTO] * len(names))
    prepared = _prepared(raw, text, tuple(between.types or ()))
    result = raw.pgconn.exec_prepared(prepared, given, between.formats, Format.BINARY)
    if result.status != ExecStatus.TUPLES_OK:
        raise _trouble(raw, result)
    between.set_pgresult(result)
    rows: list[Row] = between.load_rows(0, result.ntuples, tuple)
    return rows


def _prepared(raw: Any, text: bytes, types: tuple[int, ...]) -> bytes:
    """Its name on this connection."""
    known: dict[tuple[bytes, tuple[int, ...]], bytes] = raw.__dict__.setdefault("fixed_statements", {})
    name = known.get((text, types))
    if name is None:
        if len(known) >= MOST_PREPARED:
            _forget_all(raw, known)
        name = b"fixed_%d" % len(known)
        result = raw.pgconn.prepare(name, text, types)
        if result.status != ExecStatus.COMMAND_OK:
            raise _trouble(raw, result)
        known[text, types] = name
    return name


def _trouble(raw: Any, result: Any) -> psycopg.Error:
    """A server that is gone has no code for it, whether libpq calls the connection bad by now or not; others must see
    that it may come back.
    """
    if raw.pgconn.status == ConnStatus.BAD or not result.error_field(DiagnosticField.SQLSTATE):
        return psycopg.OperationalError(result.get_error_message())
    return error_from_result(result, encoding="utf-8")


def _forget_all(raw: Any, known: dict[Any, bytes]) -> None:
    for name in known.values():
        raw.pgconn.exec_(b"DEALLOCATE " + name)
    known.clear()


@lru_cache(maxsize=1_024)
def numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """`%(name)s` becomes `$1`, and the names stand in that order."""
    names = list(dict.fromkeys(found[1] for found in PARAMETER.finditer(statement) if found[1]))
    text = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}" if found[1] else "%", statement)
    return text.encode(), tuple(names)
