"""Rows into a file, batch by batch. Parquet's library is large, and loaded only by who asks for it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from analytics.services.exporting.columns import CELL, Column, Kind, Values, converted

Columns = tuple[Column, ...]
Format = Callable[[Columns, Iterator[Values], BinaryIO], Iterator[int]]


def as_csv(columns: Columns, batches: Iterator[Values], out: BinaryIO) -> Iterator[int]:
    """How many more rows are written, after each batch."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow([column.name for column in columns])
        for values in batches:
            writer.writerows(zip(*converted(columns, values, CELL), strict=True))
            yield len(values[0])
    finally:
        text.detach()  # whoever opened it closes it


def as_parquet(columns: Columns, batches: Iterator[Values], out: BinaryIO) -> Iterator[int]:
    import pyarrow
    from pyarrow import parquet

    schema = _schema(columns, pyarrow)
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for values in batches:
            arrays = [pyarrow.array(each, field.type) for each, field in zip(values, schema, strict=True)]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            yield len(values[0])


def _schema(columns: Columns, pyarrow: Any) -> Any:
    types = {
        Kind.INTEGER: pyarrow.int64(),
        Kind.NUMBER: pyarrow.float64(),
        Kind.BOOLEAN: pyarrow.bool_(),
        Kind.DAY: pyarrow.date32(),
        Kind.TIME: pyarrow.timestamp("us", tz="UTC"),
    }
    return pyarrow.schema([(column.name, types.get(column.kind, pyarrow.string())) for column in columns])


FORMATS: dict[str, Format] = {"csv": as_csv, "parquet": as_parquet}
