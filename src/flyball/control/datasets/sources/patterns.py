"""Regular expressions by which a model's rows are chosen, and databases that cannot read one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db import connection, models
from django.db.models.lookups import IRegex, Regex

from flyball.domain.errors import DataError
from flyball.snapshots.source import Source

UNREADABLE = "2201B"
"""PostgreSQL's code for a regular expression that it cannot read."""
FAILED = "user-defined function raised exception"
"""SQLite's words for whatever fails in a function that Python lends it, such as the one for expressions."""

CORRECT = "Correct it in where=, or in the manager."


def refuse_unreadable(source: Source, query: models.QuerySet[Any]) -> None:
    """Raise ``DataError`` for an expression that SQLite will not be able to read; no row is asked for.

    Python reads them for SQLite. PostgreSQL has a language of its own, and says itself what is wrong.
    """
    if connection.vendor != "sqlite":
        return
    for pattern in _patterns(query.query.where):
        try:
            re.compile(pattern)
        except re.error as error:
            raise _unreadable(source, error.msg) from None


def explained(source: Source, error: Exception) -> DataError | None:
    """The sentence for a database's error; ``None`` where no expression is to blame."""
    said = str(error).partition("\n")[0]
    if getattr(error.__cause__, "sqlstate", "") == UNREADABLE:
        return _unreadable(source, said.removeprefix("invalid regular expression: "))
    if said == FAILED:
        return source.fail("a function that chooses the rows fails, such as a regular expression.", CORRECT)
    return None


def _unreadable(source: Source, why: str) -> DataError:
    return source.fail(f"a regular expression that chooses the rows cannot be read: {why}.", CORRECT)


def _patterns(node: Any) -> Iterator[str]:
    """The expressions of all conditions, also those that a manager states."""
    if isinstance(node, Regex) and isinstance(node.rhs, str):
        yield f"(?i){node.rhs}" if isinstance(node, IRegex) else node.rhs
    for child in getattr(node, "children", ()):
        yield from _patterns(child)
