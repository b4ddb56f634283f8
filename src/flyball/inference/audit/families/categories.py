"""Categories as columns and as numbers: each category's place must be among the columns that are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from flyball.inference.audit.kinds import (
    FLAG,
    Kind,
    ListOf,
    MapOf,
    Maybe,
    Number,
    OneOf,
    Plain,
    Type,
    Unread,
    Whole,
)
from flyball.inference.audit.nodes import is_finite
from flyball.inference.audit.shapes import COLUMNS, Array, Objects, Values
from flyball.inference.audit.things import Allowed, State, allowed

MOST = 1_000_000
CATEGORIES: Mapping[str, Kind] = {
    "n_features_in_": COLUMNS,
    "categories_": ListOf(Values("", MOST), "columns"),
    "_infrequent_enabled": FLAG,
}
GROUPS: Mapping[str, Kind] = {
    "_infrequent_indices": ListOf(Maybe(Array("i8", "*", low=0)), "columns"),
    "_default_to_infrequent_mappings": ListOf(Maybe(Array("i8", "*", low=0)), "columns"),
}
PLACES = Maybe(Objects(Maybe(Whole()), "columns"))


def _sorted(state: State) -> bool:
    """Numbers are found by halving: out of order, one is found beyond the last."""
    return all(_rising(known) for known in state["categories_"] if known.dtype.kind != "O")


def _rising(known: np.ndarray) -> bool:
    if known.dtype.kind == "f" and len(known) and np.isnan(known[-1]):
        known = known[:-1]
    return bool((known[:-1] < known[1:]).all())


def _groups(state: State) -> list[int] | None:
    """How many different codes each column has; ``None`` where the rare ones do not fit the others."""
    counts = [len(known) for known in state["categories_"]]
    if not state["_infrequent_enabled"]:
        return counts
    rare = state.get("_infrequent_indices", [])
    mappings = state.get("_default_to_infrequent_mappings", [])
    if not len(rare) == len(mappings) == len(counts):
        return None
    grouped = [_grouped(*one) for one in zip(counts, rare, mappings, strict=True)]
    return None if None in grouped else [count for count in grouped if count is not None]


def _grouped(count: int, rare: Any, mapping: Any) -> int | None:
    if rare is None or mapping is None:
        return count if rare is None and mapping is None else None
    left = count - len(rare) + 1
    fits = len(mapping) == count and 0 < len(rare) <= count
    return left if fits and rare.max() < count and mapping.max() < left else None


def _columns(state: State, sizes: Mapping[str, int]) -> bool:
    """As many columns for each feature as it has codes, less the one that is dropped."""
    groups = _groups(state)
    if groups is None or not _sorted(state):
        return False
    dropped = state.get("_drop_idx_after_grouping")
    places = [None] * len(groups) if dropped is None else list(dropped)
    made = [_made(count, place) for count, place in zip(groups, places, strict=True)]
    return made == [int(width) for width in state["_n_features_outs"]]


def _made(count: int, place: Any) -> int:
    if place is None:
        return count
    return count - 1 if is_finite(place) and 0 <= place < count else -1


def _codes(state: State, sizes: Mapping[str, int]) -> bool:
    return _groups(state) is not None and _sorted(state)


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.preprocessing._encoders.OneHotEncoder",
        "transformer",
        parameters={
            "categories": Unread(),
            "sparse_output": FLAG,
            "dtype": Type(),
            "handle_unknown": OneOf("error", "ignore", "infrequent_if_exist", "warn"),
            "drop": OneOf(None, "first", "if_binary"),
            "min_frequency": Plain(),
            "max_categories": Plain(),
            "feature_name_combiner": OneOf("concat"),
        },
        fitted={
            **CATEGORIES,
            "_n_features_outs": ListOf(Whole(), "columns"),
            "_drop_idx_after_grouping": PLACES,
        },
        optional={**GROUPS, "drop_idx_": PLACES},
        holds=_columns,
    ),
    allowed(
        "sklearn.preprocessing._encoders.OrdinalEncoder",
        "transformer",
        parameters={
            "categories": Unread(),
            "dtype": Type(),
            "handle_unknown": OneOf("error", "use_encoded_value"),
            "unknown_value": Maybe(Number()),
            "encoded_missing_value": Number(),
            "min_frequency": Plain(),
            "max_categories": Plain(),
        },
        fitted={**CATEGORIES, "_missing_indices": MapOf(Whole(), int)},
        optional=GROUPS,
        holds=_codes,
    ),
)
