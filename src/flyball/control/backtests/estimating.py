"""The mean outcome under a version's decisions, where arms were drawn at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from flyball.control.backtests.counts import Counts
from flyball.control.backtests.rows import Table, codes
from flyball.control.backtests.subject import Subject
from flyball.domain.abtests.bandits.offpolicy import (
    Evaluation,
    Recorded,
    doubly_robust,
    inverse_propensity,
    self_normalised,
)
from flyball.domain.abtests.bandits.rewards import Crossfitted
from flyball.domain.abtests.sequences import ONE_LOOK
from flyball.domain.errors import InvalidInput
from flyball.domain.values import label_text

MOST_LEFT_OUT = 0.01
"""The part of the drawn predictions that may lack what is needed: which those are may depend on the arm."""
MOST_OF_ONE = 0.05
"""The part of all weights that one prediction may have."""


def estimates(table: Table, counts: Counts, subject: Subject) -> dict[str, Any]:
    """Estimates with 95 % intervals, or the reason why there is none; and what they stand on.

    ``of`` says what is averaged. ``rows`` are predictions that were drawn and whose outcome counts, of
    ``drawn``; ``matched`` are those in which was decided what the version would decide.
    """
    matched = table["is_same"] > 0 if table else np.zeros(0, dtype=bool)
    weights = matched / table["chance"] if table else np.zeros(0)
    reason = _obstacle(table, counts, subject, weights)
    found = {} if reason else _evaluated(table, weights)
    if isinstance(found, str):
        reason, found = found, {}
    return {
        "of": _of(subject),
        "reason": reason,
        "drawn": counts.drawn,
        "lacking": counts.drawn_lacking,
        "not_estimated": [
            {"reason": why, "count": count} for why, count in counts.not_estimated.most_common() if count
        ],
        "rows": len(weights),
        "matched": int(matched.sum()),
        "largest_weight": float(weights.max()) if len(weights) else None,
        "answered": float(table["reward"].mean()) if table else None,
        "estimates": [_document(way, each) for way, each in found.items()],
    }


def _of(subject: Subject) -> str:
    if not subject.is_labelled:
        return "the mean outcome"
    return f"the part whose outcome is {label_text(subject.positive)}"


def _obstacle(table: Table, counts: Counts, subject: Subject, weights: Any) -> str:
    """What forbids an estimate, whatever came of it."""
    if subject.observed_when is not None:
        return f"A prediction whose decision is not {subject.observed_when} has no outcome to average."
    if subject.decision is None:
        return "Nothing is decided here, so nothing else could have happened."
    if not counts.drawn:
        return "No arm of the period was drawn at random: there was no A/B test."
    if not table:
        return "No prediction whose arm was drawn at random can be counted."
    return _unsound(table, counts.not_estimated.total(), weights)


def _unsound(table: Table, left_out: int, weights: Any) -> str:
    """Why these rows would mislead."""
    if left_out > MOST_LEFT_OUT * (left_out + len(weights)):
        return (
            f"{left_out:,} predictions whose arm was drawn at random cannot be counted;"
            " which those are may depend on the arm that answered."
        )
    uncovered = int((table["is_covered"] == 0).sum())
    if uncovered > MOST_LEFT_OUT * len(weights):
        return f"In {uncovered:,} of {len(weights):,} predictions no arm would have decided as it does."
    largest = float(weights.max() / max(weights.sum(), 1e-300))
    if largest > MOST_OF_ONE:
        return f"The weights explode: one prediction of {len(weights):,} has {largest:.0%} of all of them."
    return ""


def _evaluated(table: Table, weights: Any) -> dict[str, Evaluation] | str:
    """Each estimate by its way, or why there is none."""
    units = codes(table["unit"])
    recorded = Recorded(table["reward"], table["chance"], table["is_same"], units.tolist())
    decisions = codes(np.concatenate([table["done"], table["would"]]))
    done, would = decisions[: len(units)], decisions[len(units) :]
    model = Crossfitted(table["reward"], done, table["score"], units)
    try:
        found = {
            "inverse_propensity": inverse_propensity(recorded),
            "self_normalised": self_normalised(recorded),
            "doubly_robust": doubly_robust(recorded, model.of(done), model.of(would)),
        }
    except InvalidInput as error:
        return " ".join(problem.message for problem in error.problems)
    if not all(math.isfinite(float(each.interval.upper)) for each in found.values()):
        return f"The average rests on fewer than {ONE_LOOK:g} events: too few for an interval."
    return found


def _document(way: str, found: Evaluation) -> dict[str, Any]:
    bounds = found.interval
    return {
        "way": way,
        "estimate": float(bounds.estimate),
        "lower": float(bounds.lower),
        "upper": float(bounds.upper),
        "effective": found.effective,
    }
