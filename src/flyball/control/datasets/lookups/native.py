"""Words that SQLite and PostgreSQL spell differently, in SQL that the data plane runs without Django."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection

from flyball.control.connection import raw
from flyball.domain.schema import Kind

KEY = "flyball_entity_key"
"""Stands for the key in SQL until everything else is settled."""
NOW = "flyball_this_moment"
"""Stands for the current moment, likewise."""

UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def is_sqlite() -> bool:
    """Whether the project's database is SQLite; otherwise it is PostgreSQL."""
    return connection.vendor == "sqlite"


def literals(sql: str, values: Sequence[Any]) -> str:
    """Compiled SQL with its parameters written into it, as the database itself quotes them."""
    remaining = iter(values)
    return re.sub("%([%s])", lambda found: "%" if found[1] == "%" else _literal(next(remaining)), sql)


def _literal(value: Any) -> str:
    with connection.cursor() as cursor:
        if is_sqlite():
            cursor.execute("SELECT quote(%s)", [value])
            return str(cursor.fetchone()[0])
        return str(cursor.mogrify("%s", [value]))


def finished(sql: str, *, key: str, moment: str = "") -> str:
    """SQL with the driver's own placeholder: what stands for key and moment gives way to the real thing."""
    doubled = sql if is_sqlite() else sql.replace("%", "%%")
    return doubled.replace(NOW, moment).replace(KEY, key)


def key_of(kind: Kind, *, uuid: bool = False) -> str:
    """The placeholder as a column of the kind takes it: a number sent for a text is compared as text."""
    if uuid and is_sqlite():
        return "replace(lower(CAST(? AS text)), '-', '')"  # Django keeps 32 digits there
    if uuid:
        # Anything else than a UUID finds nothing; a cast alone would fail.
        cast = f"CASE WHEN k ~ '{UUID}' THEN CAST(k AS uuid) END"
        return f"(SELECT {cast} FROM (SELECT CAST(%s AS text) AS k) AS sent)"
    mark = "?" if is_sqlite() else "%s"
    return f"CAST({mark} AS text)" if kind is Kind.TEXT else mark


def django_now() -> str:
    """The current moment, to compare with Django's date and time columns (UTC text on SQLite)."""
    return "strftime('%Y-%m-%d %H:%M:%f', 'now')" if is_sqlite() else "statement_timestamp()"


def slow(sql: str) -> list[str]:
    """The tables that a lookup reads whole for one entity: those without an index that it could use."""
    if is_sqlite():
        steps = [str(row[3]) for row in raw().execute(f"EXPLAIN QUERY PLAN {sql}", ("0",)).fetchall()]
        found = [re.match(r"SCAN (?!flyball_query)(\w+)", step) for step in steps]
        return [match[1] for match in found if match]
    return _sequential(sql)


def _sequential(sql: str) -> list[str]:
    """PostgreSQL reads a small table whole in any case, so it is asked what it would do if it could not."""
    from django.db import transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", ["0"])  # a NULL would plan nothing
        plan = cursor.fetchone()[0]
        cursor.execute("SET LOCAL enable_seqscan = DEFAULT")
    return [node["Relation Name"] for node in _nodes(plan[0]["Plan"]) if _reads_all(node)]


def _reads_all(node: dict[str, Any]) -> bool:
    by_index = node["Node Type"] in {"Index Scan", "Index Only Scan"}
    return node["Node Type"] == "Seq Scan" or (by_index and "Index Cond" not in node)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]
