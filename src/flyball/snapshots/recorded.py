"""Recorded predictions with their outcomes, as further rows of the instance table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flyball.domain.records import Prediction
from flyball.domain.values import Scalar, label_text
from flyball.snapshots.arrow import RowWriter
from flyball.snapshots.column_types import ColumnType, fitted, moment
from flyball.snapshots.features import Layout
from flyball.snapshots.workspace import Workspace, parquet

Recorded = Sequence[tuple[Prediction, Scalar, datetime]]
"""Predictions with their last outcome, and when that occurred or, where nobody said so, was received."""


def write(
    workspace: Workspace, layout: Layout, pages: Iterable[Recorded], maturity: timedelta, *, numbered: bool
) -> int:
    """Write the ``recorded`` file: matured outcomes with the input as it was recorded. Returns how many.

    ``pages`` are the predictions whose outcomes have matured, a page at a time: an outcome is known when it
    occurred or was received, and not before ``maturity`` after the prediction. A value that the input lacks,
    or that its column can no longer hold, is missing; a label that does not fit the outcome's column leaves
    the row out. So does a reference that is the key of a joined row: that row is the same event, and learned
    twice it could be trained on and scored by. Where rows are ``numbered``, a number says nothing of which
    event it is.
    """
    columns = [*(type_ for _, type_ in layout.columns), ColumnType.TEXT]
    with RowWriter(workspace.path("answered"), columns) as writer:
        for page in pages:
            rows = [(_row(layout, maturity, *each), each[0].reference) for each in page]
            writer.write([[*row, reference] for row, reference in rows if row is not None])
    if not writer.count:
        return 0
    reference = f"c{len(layout.columns)}"
    same = "false" if numbered else f"{reference} = rows.k"
    answered, joined = parquet(workspace.path("answered")), parquet(workspace.path("joined"))
    recorded = f"SELECT * EXCLUDE ({reference}) FROM {answered} ANTI JOIN {joined} rows ON {same}"
    workspace.save(recorded, workspace.path("recorded"))
    count: int = workspace.row(f"SELECT count(*) FROM {parquet(workspace.path('recorded'))}")[0]
    return count


def _row(
    layout: Layout, maturity: timedelta, prediction: Prediction, value: Scalar, learned_at: datetime
) -> list[Any] | None:
    label = fitted(layout.outcome or ColumnType.TEXT, value)
    if label is None:
        return None
    entities = [_text(prediction.entity.get(name)) for name in layout.entities]
    features = [fitted(feature.type, prediction.input.get(feature.name)) for feature in layout.features]
    known_at = max(learned_at, prediction.created_at + maturity)
    moments = [moment(prediction.created_at), moment(known_at)]
    return [str(prediction.id), *moments, "outcome", *entities, label, *features]


def _text(value: Scalar) -> str | None:
    return None if value is None else label_text(value)
