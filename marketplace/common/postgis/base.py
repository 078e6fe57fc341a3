"""A restart of PostgreSQL kills every pooled connection at once; requests must not pay for them one by one.

The pool's own check asks the server at each use and waits longer after each dead connection. A dead one can be seen
without asking: an idle connection has nothing to say, so one that has something to read has been told goodbye.
"""

from __future__ import annotations

import select
import threading
import time
from typing import Any, ClassVar

import psycopg
from django.contrib.gis.db.backends.postgis.base import DatabaseWrapper as PostGISWrapper
from psycopg.pq import TransactionStatus

HELD_SECONDS = 60.0
FRESH_SECONDS = 0.05  # who has just been answered does not ask whether the server is there


class _Thread(threading.local):
    holds_connections = False


_thread = _Thread()


def hold_connections() -> None:
    """For a thread that serves one request after the other: to give its connection back and take it again between
    them costs as much as a query. It looks each time whether the connection is well, and sometimes takes another."""
    _thread.holds_connections = True


class DatabaseWrapper(PostGISWrapper):
    _type_infos: ClassVar[dict[str, dict[str, Any]]]
    held_until = 0.0
    fresh_until = 0.0

    def connect(self) -> None:
        super().connect()
        self.held_until = time.monotonic() + HELD_SECONDS

    def close_if_unusable_or_obsolete(self) -> None:
        """Asked by Django before and after each request."""
        if not (_thread.holds_connections and self._may_be_held()):
            super().close_if_unusable_or_obsolete()

    def _may_be_held(self) -> bool:
        """Only as clean as the pool would hand it out: no transaction, no error, nothing said by the server."""
        raw, now = self.connection, time.monotonic()
        if raw is None or self.errors_occurred or self.in_atomic_block or now > self.held_until:
            return False
        is_idle: bool = raw.pgconn.transaction_status == TransactionStatus.IDLE and raw.autocommit
        if now > self.fresh_until and has_died(raw):
            return False
        self.fresh_until = now + FRESH_SECONDS
        return is_idle

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and has_died(connection):
            connection.close()
            self.pool.putconn(connection)  # the pool makes a new one in its place
            connection = super().get_new_connection(conn_params)
        return connection

    def register_geometry_adapters(self, pg_connection: Any, clear_caches: bool = False) -> None:
        """Once for each connection: to tell it at every request took longer than many a query."""
        if clear_caches or not getattr(pg_connection, "knows_places", False):
            super().register_geometry_adapters(pg_connection, clear_caches)
            pg_connection.knows_places = self._type_infos["geography"].get(self.alias) is not None


def has_died(connection: psycopg.Connection[Any]) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
