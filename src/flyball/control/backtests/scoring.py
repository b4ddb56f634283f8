"""The scores of what was answered and of what would be, on the same labelled predictions."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from flyball.control.backtests.rows import Table, codes
from flyball.control.backtests.subject import WEEK, Subject
from flyball.domain.declaration import Endpoint
from flyball.domain.values import timestamp_text

if TYPE_CHECKING:
    from flyball.learning.paired import Answers, Judge, Labelled

MOST_STEPS = 120
"""Of the scores over time: of a longer period each has several weeks."""
NOTHING = {"answered": None, "version": None, "difference": None, "lower": None, "upper": None}
NO_OUTCOME = "Nothing happens to what this endpoint answers: there are no outcomes to score by."
NO_ROWS = "No prediction of the period has an outcome that can be scored."


def scores(table: Table, subject: Subject, declaration: type[Endpoint]) -> dict[str, Any]:
    """Both scores by the endpoint's metric, and by week; ``rows`` and ``units`` are what they stand on."""
    if not subject.has_outcome or not table:
        reason = NO_ROWS if subject.has_outcome else NO_OUTCOME
        return {"scores": {**NOTHING, "rows": 0, "units": 0, "reason": reason}, "weeks": []}
    judge, rows = _judge(subject, declaration), _rows(table, subject)
    before, after = _answers(table, "before", subject), _answers(table, "after", subject)
    found = judge.paired(rows, before, after)
    both = found.before is not None and found.after is not None
    said = {
        "answered": found.before,
        "version": found.after,
        "difference": (found.after or 0.0) - (found.before or 0.0) if both else None,
        "lower": found.lower,
        "upper": found.upper,
        "rows": len(rows),
        "units": int(rows.units.max()) + 1,
        "reason": found.reason,
    }
    return {"scores": said, "weeks": _weeks(table, subject, judge, rows, before, after)}


def _weeks(
    table: Table, subject: Subject, judge: Judge, rows: Labelled, before: Answers, after: Answers
) -> list[dict[str, Any]]:
    """The scores of each week of the period, counted from its beginning, in which something is labelled."""
    weeks = table["week"].astype(np.int64)
    wide = math.ceil((int(weeks.max()) + 1) / MOST_STEPS)
    found = []
    for step in np.unique(weeks // wide):
        chosen = np.flatnonzero(weeks // wide == step)
        start: Any = subject.start + int(step) * wide * WEEK
        end = min(start + timedelta(days=7 * wide), subject.end)
        found.append(
            {
                "from": timestamp_text(start),
                "to": timestamp_text(end),
                "rows": len(chosen),
                "answered": judge.score(rows, before, chosen),
                "version": judge.score(rows, after, chosen),
            }
        )
    return found


def _judge(subject: Subject, declaration: type[Endpoint]) -> Judge:
    from flyball.learning.paired import Judge

    return Judge(
        declaration.metric,
        declaration.task,
        classes=subject.manifest.classes,
        positive=subject.positive,
        seed=declaration.seed,
    )


def _rows(table: Table, subject: Subject) -> Labelled:
    from flyball.learning.paired import Labelled

    return Labelled(happened=_labels(table["happened"], subject), units=codes(table["unit"]))


def _answers(table: Table, when: str, subject: Subject) -> Answers:
    from flyball.learning.paired import Answers

    return Answers(values=_labels(table[when], subject), probabilities=table.get(f"p_{when}"))


def _labels(column: Any, subject: Subject) -> Any:
    return np.array(subject.manifest.classes)[column.astype(int)] if subject.is_labelled else column
