"""What can be seen wrong in what rows are declared to weigh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Wrong = tuple[str, str, str, str]
"""What a ``Fault`` of a declaration is made of."""
ROWS, BALANCE = "E041", "E042"


def wrong_weights(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with ``Rows(weight=…)`` and ``balance``."""
    if endpoint.rows.weight is not None:
        yield from _column(endpoint, endpoint.rows.weight)
    if not isinstance(endpoint.balance, bool):
        yield (BALANCE, "balance", "is neither True nor False", "Say balance = True or leave it out.")
    elif endpoint.balance and endpoint.task != "classification":
        yield (BALANCE, "balance", f"has no place in {endpoint.task}", "Only labels are balanced.")


def _column(endpoint: Any, name: str) -> Iterator[Wrong]:
    if not name:
        yield (ROWS, "rows", "has an empty weight", "Name a column of the rows, or leave it out.")
    elif endpoint.task == "clustering":
        yield (
            ROWS,
            "rows",
            "has a weight",
            "No score of clusters takes weights: leave it out.",
        )
    for part, names in _others(endpoint):
        if name in names:
            hint = "A weight says how much a row counts. It is nothing else, and no model sees it."
            yield (ROWS, "rows", f"has the weight {name!r}, which is {part} too", hint)


def _others(endpoint: Any) -> Iterator[tuple[str, Any]]:
    """What else a column of the rows may be."""
    outcome, rows = endpoint.outcome, endpoint.rows
    yield "the key", (rows.key,)
    yield "the time", (rows.time,)
    yield "the outcome", () if outcome is None else (outcome.column, outcome.time)
    yield "a join key", endpoint.entity_columns()
    yield "a feature of features", endpoint.request_columns() or ()
    yield "a feature of fields", endpoint.fields if isinstance(endpoint.fields, Mapping) else ()
    sets = endpoint.feature_sets.values() if isinstance(endpoint.feature_sets, Mapping) else ()
    named = [names for names in (*sets, endpoint.slices) if isinstance(names, Sequence)]
    yield "a feature of feature_sets or slices", [each for names in named for each in names]
