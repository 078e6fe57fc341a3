"""What no program of ours can do to the books, done to them by hand: to see that an audit notices."""

from __future__ import annotations

from typing import Any

from django.db import connection

TABLES = (
    *("orders_order", "orders_orderevent", "orders_stockhold", "orders_posting", "orders_ledgertransaction"),
    *("orders_account", "orders_operation"),
)


def tamper(statement: str, **values: Any) -> None:
    """With every guard of the database switched off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        assert cursor.rowcount > 0, statement
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
