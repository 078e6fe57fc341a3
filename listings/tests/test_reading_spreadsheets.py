"""Reading files that may be anything, and amounts as people write them."""

from __future__ import annotations

import contextlib
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listings.services.importing import UnreadableTable, read_table, tables
from listings.services.importing.columns import Misfit, cents_of
from listings.tests.spreadsheets import workbook

# ── Amounts ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("85000", 85_000_00),
        ("85.000", 85_000_00),
        ("85,000", 85_000_00),
        ("$ 85.000", 85_000_00),
        ("COP $85.000", 85_000_00),
        ("85.000 COP", 85_000_00),
        ("1.250.000,50", 1_250_000_50),
        ("1,250,000.50", 1_250_000_50),
        ("1 250 000", 1_250_000_00),
        ("1250000.5", 1_250_000_50),
        ("0,99", 99),
        ("0", 0),
        ("19.9900", 19_99),
        *((bad, None) for bad in ("", "gratis", "-5", "1e5", "1.25.000", "1.250.00", "1.250,000", "0.500", "85.1250")),
        *((bad, None) for bad in ("12,345,67", "=1", "9" * 400, "\u0663\u066b\u0665", "$", "1.000.000.000.000.000")),
    ],
)
def test_amounts_as_people_write_them(text: str, cents: int | None) -> None:
    if cents is None:
        with pytest.raises(Misfit):
            cents_of(text)
    else:
        assert cents_of(text) == cents


@given(st.integers(0, 10**15), st.sampled_from([".", ","]))
def test_an_amount_with_or_without_marks_is_the_same(cents: int, mark: str) -> None:
    point = "," if mark == "." else "."
    units, rest = divmod(cents, 100)
    grouped = f"{units:,}".replace(",", mark)

    assert cents_of(f"{grouped}{point}{rest:02}") == cents_of(f"{units}.{rest:02}") == cents


@given(st.text())
def test_no_text_breaks_the_reading_of_amounts(text: str) -> None:
    with contextlib.suppress(Misfit):
        assert 0 <= cents_of(text) < 10**17


# ── Files ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found_out(encoding: str, delimiter: str) -> None:
    lines = (["título", "precio"], ["Cámara, “usada”" if encoding != "latin-1" else "Cámara, usada", "5"])
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)

    table = read_table(text.encode(encoding))

    assert (list(table.header.cells), [list(row.cells) for row in table.rows]) == (lines[0], [lines[1]])


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    table = read_table(b'sep=;\ntitle;price\n\n"two\nlines";5\n;\nMouse;6\n')

    assert (table.header.number, [(row.number, row.cells[0]) for row in table.rows]) == (
        1,
        [(3, "two\nlines"), (5, "Mouse")],
    )


def test_a_workbook_is_told_by_its_bytes_and_its_numbers_stay_numbers() -> None:
    table = read_table(
        workbook(["title", "price", "quantity"], ["Mouse", 85000.0, 3], [None, None, None], [1.5, 0.125])
    )

    assert [(row.number, list(row.cells[:3])) for row in table.rows] == [
        (2, ["Mouse", "85000", "3"]),
        (4, ["1.5000", "0.1250", ""]),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n,,,\n", "empty"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "old .xls"),
        (b"title\0price", "not text"),
        (b"\xff\xfe\x00\xd8", "neither UTF-8"),
        (b"title,price\n" + b"x" * 140_000, "field larger"),
        (b'"' + b"x" * 140_000, "cannot be read as a table"),
        (b"PK\x03\x04 not a zip", "not a workbook"),
        (b"x" * (tables.MOST_BYTES + 1), "larger than 5 MB"),
        (b"title\n" + b"x\n" * (tables.MOST_ROWS + 1), "more than 5000 rows"),
        (b"title\n" + b"\n" * 1_000_000, None),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(content: bytes, why: str | None) -> None:
    if why is None:
        assert read_table(content).rows == []
        return
    with pytest.raises(UnreadableTable, match=why):
        read_table(content)


def rezipped(change: dict[str, bytes]) -> bytes:
    """A workbook with other parts in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["title"], ["Mouse"]))) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
        for name in change.keys() - set(old.namelist()):
            new.writestr(name, change[name])
    return file.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = rezipped({"xl/sharedStrings.xml": b"\0" * (tables.MOST_UNPACKED_BYTES + 1)})
    many = rezipped({f"xl/{n}.xml": b"" for n in range(tables.MOST_PARTS)})

    assert len(bomb) < 100_000
    for content in (bomb, many):
        with pytest.raises(UnreadableTable, match="too large once it is unpacked"):
            read_table(content)


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize(
    "entity", ['"lol"', '"&b;&b;&b;&b;&b;&b;&b;&b;"', 'SYSTEM "file:///etc/passwd"', 'SYSTEM "http://127.0.0.1:9/x"']
)
def test_entities_are_never_resolved(part: str, entity: str) -> None:
    assert openpyxl.DEFUSEDXML
    hostile = f'<!DOCTYPE a [<!ENTITY b "{"b" * 500}"><!ENTITY c {entity}>]>'
    if part.endswith("sheet1.xml"):
        cells = SHEET.format('<row r="1"><c r="A1" t="inlineStr"><is><t>&c;</t></is></c></row>')
        content = rezipped({part: (hostile + cells).encode()})
    else:
        content = rezipped({part: (hostile + "<a>&c;</a>").encode()})

    try:
        seen = [cell for cell in read_table(content).header.cells if cell]
    except UnreadableTable:
        return
    assert (part, seen) == ("xl/styles.xml", ["title"])  # nothing of it is shown


def test_a_sheet_that_claims_a_million_rows_and_columns_is_read_no_further_than_allowed() -> None:
    first = '<row r="1"><c r="A1" t="inlineStr"><is><t>title</t></is></c><c r="XFD1"><v>1</v></c></row>'
    far = first + '<row r="99999999999"/>'

    table = read_table(rezipped({"xl/worksheets/sheet1.xml": SHEET.format(far).encode()}))

    assert (len(table.header.cells), table.rows) == (tables.MOST_COLUMNS, [])


def test_a_sheet_is_read_to_its_end_whatever_size_it_claims() -> None:
    cell = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>x</t></is></c></row>'
    sheet = SHEET.replace("<sheetData>", '<dimension ref="A1:A1"/><sheetData>')
    content = rezipped({"xl/worksheets/sheet1.xml": sheet.format(cell.format(1) + cell.format(900_000)).encode()})

    assert [row.number for row in read_table(content).rows] == [900_000]


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\xef\xbb\xbf", b"title,price,category\n"]))
def test_no_bytes_break_the_reading(content: bytes, start: bytes) -> None:
    with contextlib.suppress(UnreadableTable):
        assert read_table(start + content).header.cells
