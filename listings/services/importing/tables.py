"""A spreadsheet as plain rows of text. The file may be anything at all: nothing in it is run, and its size is bounded.

A formula stays the text that it is: it is neither computed nor trusted to have been (docs/decisions/0008).
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import openpyxl

from listings.services.importing.words import KNOWN_HEADERS, plain
from marketplace.common.errors import DomainError

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED_BYTES = 50 * 1024 * 1024
MOST_PARTS = 1_000
MOST_ROWS = 5_000
MOST_COLUMNS = 60
LAST_ROW = 1_048_576  # that a workbook can have; a claim of more would have us count to it
DELIMITERS = ",;\t|"
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class UnreadableTable(DomainError):
    status = 422
    code = "unreadable_table"
    detail = "This file cannot be read as a table"


@dataclass(frozen=True)
class Row:
    """`number` is the one that a spreadsheet program shows; the header is in row 1 as a rule."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True)
class Table:
    header: Row
    rows: list[Row]


def read_table(content: bytes) -> Table:
    """Told by its first bytes, whatever its name: .xlsx, or text in columns."""
    if len(content) > MOST_BYTES:
        raise UnreadableTable(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB")
    if content.startswith(OLD_EXCEL):
        raise UnreadableTable("This is an old .xls or a protected file: save it as .xlsx without a password")
    lines = _from_workbook(content) if content.startswith(ZIP) else _from_text(content)
    rows = list(islice(_rows(lines), MOST_ROWS + 2))
    if not rows:
        raise UnreadableTable("The file is empty")
    if len(rows) > MOST_ROWS + 1:
        raise UnreadableTable(f"The file has more than {MOST_ROWS} rows: split it")
    return Table(header=rows[0], rows=rows[1:])


def _rows(lines: Iterable[Sequence[Any]]) -> Iterator[Row]:
    """Those that are not empty."""
    for number, line in enumerate(lines, start=1):
        if any(line):  # there may be a million empty ones
            cells = [_text(value) for value in line[:MOST_COLUMNS]]
            if any(cells):
                yield Row(number, cells)


# ── Text ─────────────────────────────────────────────────────────────────────────────────────────


def _from_text(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    delimiter = _delimiter_of(text)
    if match := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):  # a line for Excel, which does not show it
        delimiter, text = match[1], text[match.end() :]
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except (csv.Error, TypeError, ValueError) as error:  # the latter two are about an odd delimiter
        raise UnreadableTable(f"This file cannot be read as a table: {error}") from error


def _decoded(content: bytes) -> str:
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise UnreadableTable("This file is neither UTF-8 nor any other text that is known here") from error
        text = content.decode("cp1252", errors="replace")  # what older Excels write in this part of the world
    if "\0" in text:
        raise UnreadableTable("This file is not text: save it as .xlsx or as CSV in UTF-8")
    return text


def _delimiter_of(text: str) -> str:
    """The one that makes most sense of the header."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def known(delimiter: str) -> tuple[int, int]:
        names = [plain(cell) for cell in next(csv.reader([first], delimiter=delimiter), [])]
        return sum(name in KNOWN_HEADERS for name in names), len(names)

    try:
        return max(DELIMITERS, key=known)
    except csv.Error as error:
        raise UnreadableTable from error


# ── Workbooks ────────────────────────────────────────────────────────────────────────────────────


def _from_workbook(content: bytes) -> Iterator[Sequence[Any]]:
    try:
        _refuse_bombs(content)
        yield from _sheet_lines(content)
    except DomainError:
        raise
    except Exception as error:  # whatever is wrong with a stranger's archive, it is the file's fault
        raise UnreadableTable("This is not a workbook that can be read: save it as .xlsx again") from error


def _refuse_bombs(content: bytes) -> None:
    """By what the archive claims; unpacking more than the claim is refused by `zipfile` itself."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise UnreadableTable("The workbook is too large once it is unpacked")


def _sheet_lines(content: bytes) -> Iterator[Sequence[Any]]:
    """Of the first sheet. Read-only mode goes row by row; links to other files are not even read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which do not matter here
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        if not book.worksheets:
            return
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the sheet says of its size is often wrong
        yield from sheet.iter_rows(values_only=True, max_row=LAST_ROW, max_col=MOST_COLUMNS)
    finally:
        book.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value).strip()
    if value.is_integer():
        return str(int(value))  # 3.0 is how a workbook writes 3
    whole, _, part = f"{value:.8f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<4}"  # never three decimals, which in a text would be thousands
