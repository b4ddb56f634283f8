"""Answers that only rise, or only fall, along a field: what is declared, and estimators told so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DeclarationError
from flyball.domain.schema import Kind
from flyball.learning.dataset import Dataset
from flyball.learning.scoring import positive_of

NUMBERS = "numbers__"
"""Before the names of columns that are a field's own number."""
WAYS = {"increasing": 1, "decreasing": -1}


def monotonic_of(declaration: type[Endpoint]) -> dict[str, int]:
    """By field, whether answers may only rise along it (1) or fall (-1), as an endpoint declares it."""
    ways = {name: getattr(field, "monotonic", None) for name, field in declaration.fields.items()}
    return {name: WAYS[way] for name, way in ways.items() if way is not None}


def directions(dataset: Dataset, task: str, monotonic: Mapping[str, int], positive: Any) -> dict[str, int]:
    """The same for the number that is fitted: of two labels, the probability of the second.

    Raises ``DeclarationError`` where a field is no number, or there are more labels than two.
    """
    if not monotonic:
        return {}
    kinds = {field.name: field.kind for field in dataset.schema.fields}
    for name in monotonic:
        if kinds.get(name) not in (Kind.NUMBER, Kind.INTEGER):
            raise DeclarationError(f"fields: {name!r} is no number; answers cannot be monotonic along it.")
    if task != "classification":
        return dict(monotonic)
    labels = np.unique(dataset.labels)
    if len(labels) > 2:
        raise DeclarationError("fields: monotonic= needs two labels; of several, none is above another.")
    sign = 1 if positive_of(labels, positive) == labels[1] else -1
    return {name: sign * way for name, way in monotonic.items()}


def constrained(model: Any, preparing: Any, monotonic: Mapping[str, int]) -> None:
    """Tell an estimator behind fitted steps of what is ``monotonic``."""
    if hasattr(model, "monotonic_cst"):  # the baseline, which answers all rows alike, has none
        names = [str(name) for name in preparing.get_feature_names_out()]
        ways = [monotonic.get(name[len(NUMBERS) :], 0) if name.startswith(NUMBERS) else 0 for name in names]
        model.set_params(monotonic_cst=ways)
