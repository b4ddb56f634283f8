"""Lookups in a SQL query: by key, from outside, so that the database reads one entity and not all."""

from __future__ import annotations

from collections.abc import Sequence

from flyball.control.datasets.lookups import native
from flyball.control.datasets.lookups.model_lookup import key_kind
from flyball.control.datasets.sources import query_source
from flyball.domain.schema import Kind
from flyball.snapshots.expressions import quoted
from flyball.snapshots.source import Source

NAIVE = {"date", "timestamp"}
"""PostgreSQL's types without a zone; they hold UTC."""


def compiled(source: Source, names: Sequence[str]) -> tuple[Kind, bool, str]:
    """The kind of the key, whether it is a UUID, and SQL for an entity's newest row. Raises ``DataError``."""
    described = query_source.describe(source)
    missing = [name for name in (source.key, source.time, *names) if name and name not in described]
    if missing:
        raise source.lacks(missing[0], f"It has: {', '.join(sorted(described))}.")
    key = described[str(source.key)]
    kind = key_kind(source, query_source.known(source, str(source.key), key.stored))
    columns = ", ".join(f"flyball_query.{quoted(name)}" for name in names) or "1"
    where = f"flyball_query.{quoted(str(source.key))} = {native.KEY}"
    if source.time:
        where += _newest(f"flyball_query.{quoted(source.time)}", described[source.time])
    inside = query_source.inner(source.origin.query)
    sql = f"SELECT {columns} FROM ({inside}) AS flyball_query WHERE {where} LIMIT 1"
    is_uuid = key.declared == "uuid"
    place = native.key_of(kind, uuid=is_uuid)
    return kind, is_uuid, native.finished(sql, key=place)


def _newest(event: str, column: query_source.Column) -> str:
    """The condition and the order that leave the newest event of now or before."""
    if native.is_sqlite():
        # Text may be spelled in any way that SQLite reads, "T" or not. Its clock counts milliseconds.
        day = f"julianday({_zoned(event)})"
        return f" AND {day} <= julianday('now') ORDER BY {day} DESC, {event} DESC"
    moment = "statement_timestamp()"
    if column.declared in NAIVE:
        moment = f"({moment} AT TIME ZONE 'UTC')"
    return f" AND {event} <= {moment} ORDER BY {event} DESC"


def _zoned(event: str) -> str:
    """A moment's text, its zone as SQLite reads it: ``+02:00``. Snapshots read ``+0200`` and ``+02`` too."""
    is_time, sign = f"length({event}) > 10", "IN ('+', '-')"
    whole = f"WHEN {is_time} AND substr({event}, -3, 1) {sign} THEN {event} || ':00'"
    bare = (
        f"WHEN {is_time} AND substr({event}, -5, 1) {sign}"
        f" THEN substr({event}, 1, length({event}) - 2) || ':' || substr({event}, -2)"
    )
    return f"CASE {whole} {bare} ELSE {event} END"
