"""Rows as Apache Parquet files: the same bytes for the same rows and the same release of pyarrow.

Nothing of the moment goes into a file, where a row group ends depends on the rows alone, and every setting of the writer
is given.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from umt.application.contracts.published import PublishedColumn
from umt.application.exporting.export import Batch

ROW_GROUP: Final = 32_768
"""Most rows of a row group, which are held in memory until it is full."""
ROW_GROUP_BYTES: Final = 16 << 20
"""A row group also ends after the chunk that brings it to so many bytes: an event may be large."""
_CHUNK: Final = 256
"""Rows that are looked at together; groups end where a chunk does, however many rows come at once."""

_TYPES: Final[dict[str, Any]] = {
    "uuid": pa.string(),
    "text": pa.string(),
    "jsonb": pa.string(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    # Amounts are exact to a millionth, and ratios and scores are rounded to it.
    "numeric": pa.decimal128(38, 6),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


class Parquet:
    """Implements `umt.application.exporting.export.FileFormat`."""

    suffix = ".parquet"

    def write(self, path: Path, columns: Sequence[PublishedColumn], batches: Iterable[Batch]) -> int:
        schema = pa.schema([_field(column) for column in columns])
        rows = size = 0
        with (
            path.open("wb") as file,
            pq.ParquetWriter(
                file,
                schema,
                version="2.6",
                data_page_version="1.0",
                compression="zstd",
                compression_level=3,
                use_dictionary=True,
                write_statistics=True,
                store_schema=True,
            ) as writer,
        ):
            waiting: list[Any] = []
            for chunk in _chunks(batches):
                waiting.append(_record_batch(columns, schema, chunk))
                rows += len(chunk)
                size += waiting[-1].nbytes
                if len(waiting) * _CHUNK >= ROW_GROUP or size >= ROW_GROUP_BYTES:
                    writer.write_table(pa.Table.from_batches(waiting, schema), row_group_size=ROW_GROUP)
                    waiting, size = [], 0
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting, schema), row_group_size=ROW_GROUP)
        return rows


def _chunks(batches: Iterable[Batch]) -> Iterator[Batch]:
    rows = itertools.chain.from_iterable(batches)
    while chunk := list(itertools.islice(rows, _CHUNK)):
        yield chunk


def _field(column: PublishedColumn) -> Any:
    try:
        kind = _TYPES[column.sql_type]
    except KeyError:
        raise ValueError(f"column {column.name} has type {column.sql_type}, which has no Parquet type here") from None
    return pa.field(column.name, kind, metadata={"description": column.comment, "postgresql": column.sql_type})


def _record_batch(columns: Sequence[PublishedColumn], schema: Any, batch: Batch) -> Any:
    arrays = []
    for column, field, values in zip(columns, schema, zip(*batch, strict=True), strict=True):
        try:
            arrays.append(pa.array(values, field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise ValueError(f"column {column.name}: {error}") from error
    return pa.record_batch(arrays, schema=schema)
