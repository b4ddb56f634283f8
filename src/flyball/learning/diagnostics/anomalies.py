"""Tables of an anomaly detection: how its scores lie, and the strangest rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flyball.domain.finishing.anomalies import NEAR, is_above
from flyball.domain.schema import Kind, Schema
from flyball.domain.values import Scalar
from flyball.inference.frame import scalars
from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.table import Table

BINS = 40
STRANGEST = 20
"""Rows that are looked at one by one."""
FIELDS = 3
"""Fields of each that are told, those that move its score most."""
MOST_FIELDS = 200
"""Fields that are tried: each takes one more answer a row."""
NUMBERS = (Kind.NUMBER, Kind.INTEGER)


def tables(held: Held) -> dict[str, Table]:
    """All of them, by name."""
    return {"anomaly_scores": _scores(held), "strangest": _strangest(held)}


def _threshold(held: Held) -> float:
    finish = held.manifest.finish
    assert finish is not None and finish.threshold is not None  # noqa: S101, PT018 - packaging sees to it
    return finish.threshold


def _scores(held: Held) -> Table:
    """Held-out rows by their score, in bins of equal width of which one begins at the threshold."""
    found, threshold = held.answers.values, _threshold(held)
    width = max(float(np.ptp(np.append(found, threshold))) / BINS, 1e-6)
    # A score at the threshold is below it, as it is no anomaly's.
    places = np.ceil((found - threshold - NEAR) / width).astype(int) - 1
    rows = []
    for place in range(int(min(places.min(), -1)), int(max(places.max(), 0)) + 1):
        low = threshold + place * width
        rows.append((low, low + width, int((places == place).sum()), place >= 0))
    return Table.of(("from", "to", "rows", "is_anomaly"), rows)


def _strangest(held: Held) -> Table:
    """The rows of highest scores; of each the fields whose usual value takes most off its score.

    ``rank`` 1 is the strangest row. ``usual`` is the median, or the most frequent value, of the rows learned
    from; ``part`` is how far the score falls with it (by ablation; what fields do together is in neither).
    """
    found, threshold = held.answers.values, _threshold(held)
    usual = _usual(held)
    rows: list[tuple[object, ...]] = []
    for rank, place in enumerate(np.argsort(-found, kind="stable")[:STRANGEST], 1):
        row, score = held.inputs[place], float(found[place])
        names = [name for name, value in usual.items() if row[name] != value]
        asked = [{**row, name: usual[name]} for name in names]
        parts = [score - answer["score"] for answer in held.runtime.predict(asked)]
        most = sorted(zip(parts, names, strict=True), key=lambda each: -each[0])[:FIELDS]
        is_strange = is_above(score, threshold)
        rows += [
            (rank, held.rows.keys[place], score, is_strange, name, row[name], usual[name], part)
            for part, name in most
            if part > 0
        ]
    return Table.of(("rank", "row", "score", "is_anomaly", "field", "value", "usual", "part"), rows)


def _usual(held: Held) -> dict[str, Scalar]:
    """Of each field what most rows learned from are like."""
    some = Schema(held.manifest.schema.fields[:MOST_FIELDS])
    frame = pd.DataFrame(
        {each.name: _most(held.training.frame[each.name], each.kind).array for each in some.fields}
    )
    (usual,) = scalars(some, frame)
    return usual


def _most(column: pd.Series, kind: Kind) -> pd.Series:
    present = column.dropna().sort_values()
    if not len(present):
        return column.iloc[:1]
    if kind in (*NUMBERS, Kind.TIMESTAMP):
        return present.iloc[[len(present) // 2]]
    return present.mode().iloc[:1]
