"""Ids: a time-ordered UUID as the key of every shared thing, and a public integer `number` beside it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import uuid_utils.compat
from django.db import migrations, models
from django.db.models.expressions import Func, Value


def uuid7() -> UUID:
    """Later ids sort after earlier ones, so a key index grows at its end."""
    return uuid_utils.compat.uuid7()


class KeyField(models.UUIDField[Any, Any]):
    """`id = KeyField()`"""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"primary_key": True, "default": uuid7, "editable": False, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for key in ("primary_key", "default", "editable"):
            kwargs.pop(key, None)
        return name, path, args, kwargs


class NumberField(models.BigIntegerField[Any, Any]):
    """`number = NumberField(sequence="…")`: given out by PostgreSQL, so bulk and raw inserts get one too."""

    def __init__(self, sequence: str, **kwargs: Any) -> None:
        self.sequence = sequence
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        kwargs["db_default"] = Func(Value(sequence), function="nextval")
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_default", None)
        kwargs["sequence"] = self.sequence
        return name, path, args, kwargs


def create_sequence(name: str) -> migrations.RunSQL:
    """The migration step that must stand before the table."""
    return migrations.RunSQL(f"CREATE SEQUENCE {name}", f"DROP SEQUENCE {name}")
