"""What a column holds, and how a value of it is written in a spreadsheet's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from marketplace.common.redaction import HIDDEN, redact


class Kind(Enum):
    ID = "id"
    TEXT = "text"  # of ours, or a word that is checked where it comes in
    SAID = "said"  # whatever an app or a person wrote
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DAY = "day"
    TIME = "time"


Converter = Callable[[Any], Any]
Values = list[Sequence[Any]]  # of some rows, column by column


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind


# A spreadsheet takes such a text for a formula, also one that begins with the wide form of the sign
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_EMAIL = re.compile(r"[^\s@,;:<>()\"']{1,64}@[^\s@,;:<>()\"']{1,255}\.[^\W\d_]{2,}")
_MAY_BE_PRIVATE = re.compile(r"@|eyJ|[=:]|bearer|basic|token", re.IGNORECASE)


def private_hidden(text: str) -> str:
    """Without addresses and tokens: an app may have written them where they do not belong."""
    return redact(_EMAIL.sub(HIDDEN, text)) if _MAY_BE_PRIVATE.search(text) else text


def _stamp(at: datetime | None) -> str:
    if at is None:
        return ""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _not_calculated(text: str | None) -> str:
    if text is None:
        return ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unless_none(convert: Converter) -> Converter:
    return lambda value: None if value is None else convert(value)


# As every format gets it; what is not here stays as the database gives it
PLAIN: dict[Kind, Converter] = {
    Kind.SAID: _unless_none(private_hidden),
    Kind.INTEGER: _unless_none(int),
    Kind.NUMBER: _unless_none(float),
    Kind.DAY: _unless_none(date.fromisoformat),
}
# As CSV has it: ISO times in UTC, and no text that is calculated when it is opened
CELL: dict[Kind, Converter] = {
    Kind.TEXT: _not_calculated,
    Kind.SAID: _not_calculated,
    Kind.TIME: _stamp,
    Kind.BOOLEAN: {None: "", True: "true", False: "false"}.__getitem__,
}


def converted(columns: tuple[Column, ...], values: Iterable[Sequence[Any]], by: dict[Kind, Converter]) -> Values:
    """Column by column: most kinds have nothing to convert."""
    pairs = zip(columns, values, strict=True)
    return [list(map(by[column.kind], each)) if column.kind in by else each for column, each in pairs]
