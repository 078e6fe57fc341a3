"""The database before the product uses it: is it there, are we alone, may a migration take its time?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import errors

Say = Callable[[str], None]

PREPARING = 0x6D61726B6574  # the advisory lock's number: any will do, as long as nobody else uses it
OTHER_PREPARATION_SECONDS = 900.0
LOCK_TRIES = 8
SEED_EXTENSIONS = ("postgis", "pgcrypto", "citext")
NO_EXTENSION = (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile)


@contextmanager
def alone(*, wait: float, say: Say) -> Iterator[None]:
    """Wait for the database, then for our turn. The lock dies with its connection, whatever kills us."""
    with _connect(wait, say) as guard:
        _take_turn(guard, say)
        yield


def _connect(wait: float, say: Say) -> psycopg.Connection[Any]:
    """Without the pool: it would hide the reason, and try on behind our back."""
    deadline, told = time.monotonic() + wait, False
    while True:
        try:
            return psycopg.connect(**connection.get_connection_params(), autocommit=True)
        except psycopg.OperationalError as error:
            reason = " ".join(str(error).split())
            if time.monotonic() >= deadline:
                raise CommandError(f"{_address()} did not answer within {wait:g} s: {reason}") from error
            if not told:
                say(f"Waiting up to {wait:g} s for {_address()}: {reason}")
                told = True
            time.sleep(min(0.5, max(0.0, deadline - time.monotonic())))


def _address() -> str:
    known = connection.settings_dict
    return f"the database {known['NAME']} at {known['HOST'] or 'the local socket'}:{known['PORT'] or 5432}"


def _take_turn(guard: psycopg.Connection[Any], say: Say) -> None:
    """Asked again and again, because waiting inside PostgreSQL would be cut short by `lock_timeout`."""
    deadline, told = time.monotonic() + OTHER_PREPARATION_SECONDS, False
    while not _try_lock(guard):
        if time.monotonic() >= deadline:
            raise CommandError(f"Another preparation has been running for {OTHER_PREPARATION_SECONDS:g} s.")
        if not told:
            say("Another preparation is running: waiting for it to end.")
            told = True
        time.sleep(0.2)


def _try_lock(guard: psycopg.Connection[Any]) -> bool:
    row = guard.execute("SELECT pg_try_advisory_lock(%s)", [PREPARING]).fetchone()
    return bool(row and row[0])


@contextmanager
def unhurried() -> Iterator[None]:
    """No limit on how long a migration works, and a short one on how long it waits for a lock.

    Whoever waits for a table's lock makes everybody behind them wait as well: better to give up and come again.
    """
    limits = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "lock_timeout": "1s"}
    with connection.cursor() as cursor:
        for name, value in limits.items():
            cursor.execute(f"SET {name} = '{value}'")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            for name in limits:
                cursor.execute(f"RESET {name}")


def migrate(*, say: Say) -> None:
    for attempt in range(1, LOCK_TRIES + 1):
        try:
            _migrate(say)
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
            if attempt == LOCK_TRIES:
                raise CommandError(f"A table stayed busy through {LOCK_TRIES} tries; nothing was half done.") from error
            say(f"A table is busy; trying again in {attempt} s.")
            time.sleep(attempt)
        except DatabaseError as error:
            if isinstance(error.__cause__, NO_EXTENSION) and "extension" in str(error):
                raise CommandError(f"{_first_line(error)} Ask the database's administrator to create it.") from error
            raise
        else:
            return


def _migrate(say: Say) -> None:
    executor = MigrationExecutor(connection)
    waiting = [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if waiting:
        say(f"Migrating: {', '.join(waiting)}.")
    # Called even with nothing waiting: permissions and groups are brought up to date after it
    call_command("migrate", interactive=False, verbosity=0)


def ensured_extensions() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        found = {row[0] for row in cursor.fetchall()}
    missing = [name for name in SEED_EXTENSIONS if name not in found]
    if missing:
        raise CommandError(f"The database lacks the extensions {', '.join(missing)}.")
    return SEED_EXTENSIONS


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") + "."
