"""Lookups in a SQL query: by key, from outside, so that the database reads one entity and not all."""

from __future__ import annotations

from collections.abc import Sequence

from flyball.control.datasets import native, sql_source
from flyball.control.datasets.django_lookup import key_kind
from flyball.control.datasets.plan import Source
from flyball.domain.schema import Kind

NAIVE = {1082, 1114}
"""PostgreSQL's types without a zone (``date``, ``timestamp``); they hold UTC."""


def compiled(source: Source, names: Sequence[str]) -> tuple[Kind, str]:
    """The kind of the key, and SQL for the newest row of one entity. Raises ``DataError``."""
    described = sql_source.describe(source)
    missing = [name for name in (source.key, source.time, *names) if name and name not in described]
    if missing:
        raise source.fail(f"has no column {missing[0]!r}.", f"It has: {', '.join(sorted(described))}.")
    key = described[str(source.key)]
    kind = key_kind(source, sql_source.known(source, str(source.key), key.stored))
    columns = ", ".join(f"flyball_query.{native.quoted(name)}" for name in names) or "1"
    where = f"flyball_query.{native.quoted(str(source.key))} = {native.KEY}"
    if source.time:
        event, moment = _event(source.time, described[source.time])
        where += f" AND {event} <= {moment} ORDER BY {event} DESC"
    inside = sql_source.inner(source.origin.query)
    sql = f"SELECT {columns} FROM ({inside}) AS flyball_query WHERE {where} LIMIT 1"
    place = native.key_of(kind, uuid=key.declared == "uuid")
    return kind, native.finished(sql, key=place)


def _event(name: str, column: sql_source.Column) -> tuple[str, str]:
    """The event time and the current moment, so that the two compare."""
    event = f"flyball_query.{native.quoted(name)}"
    if not native.is_sqlite():
        moment = (
            "(statement_timestamp() AT TIME ZONE 'UTC')" if column.declared in {"date", "timestamp"} else ""
        )
        return event, moment or "statement_timestamp()"
    if "date" in column.declared or "time" in column.declared:
        return event, native.django_now()
    # An expression's text may be spelled in any way that SQLite reads.
    return f"julianday({event})", "julianday('now')"
