"""A restart of PostgreSQL kills every pooled connection at once; requests must not pay for them one by one.

The pool's own check asks the server at each use and waits longer after each dead connection. A dead one can be seen
without asking: an idle connection has nothing to say, so one that has something to read has been told goodbye.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.contrib.gis.db.backends.postgis.base import DatabaseWrapper as PostGISWrapper


class DatabaseWrapper(PostGISWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and has_died(connection):
            connection.close()
            self.pool.putconn(connection)  # the pool makes a new one in its place
            connection = super().get_new_connection(conn_params)
        return connection

    def get_connection_params(self) -> dict[str, Any]:
        """The pool has asked for them once; whoever takes a connection out of it needs none."""
        return {} if self.alias in self._connection_pools else super().get_connection_params()

    def register_geometry_adapters(self, pg_connection: Any, clear_caches: bool = False) -> None:
        """Once for each connection: to tell it at every request took longer than many a query."""
        if clear_caches or not getattr(pg_connection, "knows_places", False):
            super().register_geometry_adapters(pg_connection, clear_caches)
            pg_connection.knows_places = self._type_infos["geography"].get(self.alias) is not None


def has_died(connection: psycopg.Connection[Any]) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
