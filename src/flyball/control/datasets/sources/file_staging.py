"""Files into staged Parquet files: a CSV file's texts find their types here."""

from __future__ import annotations

import re

import duckdb

from flyball.control.datasets.sources import file_source, line_ends
from flyball.domain.delimited import MISSING
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.expressions import cast, moment_of_text, quoted
from flyball.snapshots.source import ROW_NUMBER, Source, Staged, chosen
from flyball.snapshots.workspace import Workspace, is_full, parquet, text

WHOLE = r"^-?(0|[1-9][0-9]*)$"
POINTED = r"^-?(0|[1-9][0-9]*)(\.0*)?$"
DECIMAL = r"^-?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][+-]?[0-9]+)?$"


def stage(source: Source, workspace: Workspace) -> Staged:
    """Copy a file's rows to a Parquet file of the workspace. Raises ``DataError``."""
    available = file_source.names(source)
    names, features = chosen(source, available)
    try:
        if file_source.is_csv(source):
            types, days = _stage_csv(source, workspace, available, names)
        else:
            types, days = _stage_parquet(source, workspace, available, names)
    except duckdb.Error as error:
        if is_full(error):
            raise
        line = re.search(r"on Line: (\d+)", str(error))
        raise file_source.unreadable(source, line and line[1]) from None
    numbered = ((*names, ROW_NUMBER), (*types, ColumnType.INTEGER))
    return Staged(
        source=source,
        paths=(workspace.path(source.slot),),
        names=numbered[0],
        types=numbered[1],
        features=features,
        days=frozenset(days),
    )


def _stage_csv(
    source: Source, workspace: Workspace, available: list[str], names: tuple[str, ...]
) -> tuple[tuple[ColumnType, ...], list[str]]:
    """Trim, take out what means "no value", and give each column the narrowest type that holds it all."""
    delimiter = file_source.header(source)[1]
    path = line_ends.evened(source, delimiter, workspace.folder / f"{source.slot}.csv")
    read = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(available)))
    missing = ", ".join(text(value) for value in ("", *_missing(source)))
    trimmed = [f"trim(c{available.index(name)}, ' ' || chr(9) || chr(13))" for name in names]
    wanted = ", ".join(
        f"CASE WHEN {value} NOT IN ({missing}) THEN {value} END AS c{i}" for i, value in enumerate(trimmed)
    )
    table = f"raw_{source.slot}"
    options = "quote='\"', escape='\"', header=true, auto_detect=false"
    file = f"{text(str(path))}, delim={text(delimiter)}, columns={{{read}}}"
    workspace.duck.execute(f"CREATE TABLE {table} AS SELECT {wanted} FROM read_csv({file}, {options})")
    types = tuple(_narrowest(workspace, table, f"c{i}") for i in range(len(names)))
    days = [name for i, name in enumerate(names) if _is_of_days(workspace, table, f"c{i}", types[i])]
    typed = ", ".join(f"{cast(f'c{i}', ColumnType.TEXT, type_)} AS c{i}" for i, type_ in enumerate(types))
    workspace.save(f"SELECT {typed}, rowid + 1 AS c{len(names)} FROM {table}", workspace.path(source.slot))
    workspace.duck.execute(f"DROP TABLE {table}")
    return types, days


def _is_of_days(workspace: Workspace, table: str, column: str, type_: ColumnType) -> bool:
    """Whether a column of moments has no time of the day."""
    if type_ is not ColumnType.MOMENT:
        return False
    return bool(workspace.row(f"SELECT bool_and(length({column}) = 10) FROM {table}")[0])


def _missing(source: Source) -> tuple[str, ...]:
    return MISSING if source.origin.missing is None else source.origin.missing


def _narrowest(workspace: Workspace, table: str, column: str) -> ColumnType:
    """Integer, number, boolean or moment where every text is one; leading zeros, long numbers stay text.

    ``39.0`` is 39 where pandas has written whole numbers so because some are missing, or where others of
    the column are written without a point. A whole column of them is one of numbers.
    """
    whole = f"regexp_full_match({column}, '{WHOLE}')"
    integer, number = f"TRY_CAST({column} AS BIGINT)", f"TRY_CAST({column} AS DOUBLE)"
    fits = {
        ColumnType.INTEGER: f"regexp_full_match({column}, '{POINTED}') AND {integer} IS NOT NULL",
        ColumnType.NUMBER: f"regexp_full_match({column}, '{DECIMAL}') AND isfinite({number})"
        f" AND NOT ({whole} AND {integer} IS NULL)",
        ColumnType.BOOLEAN: f"lower({column}) IN ('true', 'false')",
        ColumnType.MOMENT: f"{moment_of_text(column)} IS NOT NULL",
    }
    counts = ", ".join(f"count_if(coalesce({test}, false))" for test in (whole, *fits.values()))
    every, total, unpointed, *fitting = workspace.row(
        f"SELECT count(*), count({column}), {counts} FROM {table}"
    )
    narrow = (type_ for type_, count in zip(fits, fitting, strict=True) if total and count == total)
    found = next(narrow, ColumnType.TEXT)
    if found is ColumnType.INTEGER and total == every and not unpointed:
        return ColumnType.NUMBER
    return found


def _stage_parquet(
    source: Source, workspace: Workspace, available: list[str], names: tuple[str, ...]
) -> tuple[tuple[ColumnType, ...], list[str]]:
    table = parquet(file_source.file_of(source))
    # By position: DuckDB has renamed a column that differs from another only in case.
    columns = workspace.duck.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    found = [columns[available.index(name)] for name in names]
    types = tuple(
        file_source.parquet_type(source, name, column[1]) for name, column in zip(names, found, strict=True)
    )
    wanted = ", ".join(
        f"CAST({_zoned(quoted(column[0]), column[1])} AS {type_}) AS c{i}"
        for i, (column, type_) in enumerate(zip(found, types, strict=True))
    )
    numbered = f"SELECT {wanted}, row_number() OVER () AS c{len(names)} FROM {table}"
    workspace.save(numbered, workspace.path(source.slot))
    return types, [name for name, column in zip(names, found, strict=True) if column[1] == "DATE"]


def _zoned(column: str, type_: str) -> str:
    """Moments with a zone in nanoseconds have no way to UTC but over microseconds."""
    return f"CAST({column} AS TIMESTAMPTZ)" if type_ == "TIMESTAMPTZ_NS" else column
