"""CSV and Parquet files as sources."""

from __future__ import annotations

import csv
from pathlib import Path

from flyball.control.datasets.places import base
from flyball.domain.delimited import delimiter_of
from flyball.domain.errors import DataError
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.source import Source


def file_of(source: Source) -> Path:
    """The file that a source names, relative to the project. Raises ``DataError`` where there is none."""
    if not is_there(source):
        raise source.fail("there is no such file.", f"It was looked for in {base()}.")
    return base() / source.origin.file


def is_there(source: Source) -> bool:
    """Whether there is the file that a source names."""
    return (base() / source.origin.file).is_file()


def is_csv(source: Source) -> bool:
    """Whether the source is a CSV file; otherwise it is Parquet."""
    return Path(source.origin.file).suffix.lower() == ".csv"


def header(source: Source) -> tuple[list[str], str]:
    """The names in a CSV file's first line, without spaces around them, and its delimiter."""
    try:
        with file_of(source).open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
    except UnicodeDecodeError:
        raise source.fail("is not UTF-8.", "Save it as UTF-8.") from None
    delimiter = delimiter_of(first)
    names = [
        name.strip() for name in next(csv.reader([first], delimiter=delimiter, skipinitialspace=True), [])
    ]
    if not all(names) or not names:
        raise source.fail("a column has no name in the first line.", "Name every column there.")
    return names, delimiter


def parquet_names(source: Source) -> list[str]:
    """The names of a Parquet file's columns. Raises ``DataError`` where it is something else."""
    import pyarrow as pa  # only snapshots and checks of Parquet files need it
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(file_of(source)).names)
    except (pa.ArrowException, OSError):
        raise source.fail("is not a Parquet file.", "Write it with pandas.to_parquet or DuckDB.") from None


def names(source: Source) -> list[str]:
    """The names of a file's columns."""
    return header(source)[0] if is_csv(source) else parquet_names(source)


PARQUET_TYPES: tuple[tuple[tuple[str, ...], ColumnType], ...] = (
    (("BOOLEAN",), ColumnType.BOOLEAN),
    (("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), ColumnType.INTEGER),
    (("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), ColumnType.INTEGER),
    (("FLOAT", "DOUBLE", "DECIMAL"), ColumnType.NUMBER),
    (("VARCHAR", "ENUM", "UUID"), ColumnType.TEXT),
    (("DATE", "TIMESTAMP"), ColumnType.MOMENT),
)
"""DuckDB's names of a Parquet file's types (what stands before a bracket or a space), as they are stored."""


def parquet_type(source: Source, name: str, type_: str) -> ColumnType:
    """How a Parquet column is stored. Raises ``DataError`` for lists, structures and bytes."""
    bare = type_.partition("(")[0].partition(" ")[0]
    bare = "TIMESTAMP" if bare.startswith("TIMESTAMP") else bare  # TIMESTAMP_NS, TIMESTAMPTZ_NS and others
    for known, stored in PARQUET_TYPES:
        if bare in known and not type_.endswith("[]"):
            return stored
    raise source.fail(f"the column {name!r} is a {type_}, which is not read.", "Leave it out with columns=.")


def unreadable(source: Source, line: str | None) -> DataError:
    """An error for a file that breaks off; it names the line and never what stands there."""
    if not is_csv(source):
        return source.fail("a value is not of its column's type, or the file is damaged.", "Write it again.")
    place = f"cannot be read at line {line}." if line else "cannot be read."
    return source.fail(
        place, "Each line needs as many fields as the first, in UTF-8, quoted with double quotes."
    )
