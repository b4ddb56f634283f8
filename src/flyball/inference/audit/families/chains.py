"""Pipelines and tables of transformers: who gets which columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from flyball.inference.audit.kinds import (
    FLAG,
    NONE,
    Either,
    Kind,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Pair,
    Plain,
    Span,
    Text,
    Whole,
    inert,
    joined,
)
from flyball.inference.audit.nodes import At, is_scalar, loader
from flyball.inference.audit.shapes import COLUMNS, Array
from flyball.inference.audit.things import Allowed, Estimator, Fitted, State, Thing, allowed

NAME = Text()
STEPS = ListOf(Pair(NAME, Either(OneOf("passthrough", None), Estimator())), most=1000)


@dataclass(frozen=True, slots=True)
class Which:
    """Which columns: a name or a place, several of them, a slice, truths, or a selector."""

    def read(self, node: object, at: At) -> Any:
        if is_scalar(node):
            return Plain().read(node, at)
        readers: dict[str, Kind] = {
            "ListNode": ListOf(Plain()),
            "SliceNode": Span(),
            "NdArrayNode": Array("b1 i8", "*"),
            "ObjectNode": Fitted("selector"),
        }
        if loader(node) not in readers:
            raise at.refused()
        return readers[loader(node)].read(node, at)


def _parts(estimator: Kind) -> Kind:
    return ListOf(Pair(NAME, Either(OneOf("drop", "passthrough"), estimator), Which()), most=10_000)


def _all_fitted(state: State) -> bool:
    return all(not isinstance(step, Thing) or step.is_fitted for _, step in state["steps"])


def _fitted_where_asked(state: State) -> bool:
    """Of no columns scikit-learn fits nothing and asks nothing: such a transformer is as it was made."""
    return all(
        not isinstance(part, Thing)
        or ("transformer" in part.allowed.roles and (part.is_fitted or _is_nothing(which)))
        for _, part, which in state["transformers_"]
    )


def _is_nothing(which: Any) -> bool:
    """Whether columns are none: an empty list, or no truth among as many as there are columns."""
    if not isinstance(which, list | np.ndarray):
        return False
    return len(which) == 0 or (isinstance(which[0], bool | np.bool_) and not any(which))


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.pipeline.Pipeline",
        "transformer classifier regressor clusterer detector",
        parameters=joined(inert("memory verbose"), {"steps": STEPS, "transform_input": NONE}),
        is_whole=_all_fitted,
    ),
    allowed(
        "sklearn.compose._column_transformer.ColumnTransformer",
        "transformer",
        parameters=joined(
            inert("n_jobs verbose"),
            {
                "transformers": _parts(Estimator()),
                "remainder": Either(OneOf("drop", "passthrough"), Estimator()),
                "sparse_threshold": Number(0, 1),
                "transformer_weights": NONE,
                "verbose_feature_names_out": FLAG,
            },
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "transformers_": _parts(Estimator()),
            "sparse_output_": FLAG,
            "_transformer_to_input_indices": MapOf(ListOf(Whole())),
            "output_indices_": MapOf(Span()),
        },
        optional={
            "_remainder": Pair(OneOf("remainder"), Either(OneOf("drop", "passthrough"), Estimator()), Which())
        },
        left_out="_columns",
        is_whole=_fitted_where_asked,
    ),
)
