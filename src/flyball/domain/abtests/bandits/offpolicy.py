"""What another version would have brought, from recorded traffic in which chance chose what was done."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from flyball.domain.abtests.moments import Moments, Numbers
from flyball.domain.abtests.sequences import ONE_LOOK, Interval
from flyball.domain.errors import InvalidInput, Problem

UNCOVERED = 0.001
"""The chance that a version that does only what was tried is refused as one that does other things."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Rows of traffic, one a prediction, whose time for an outcome is over.

    ``propensities`` are the chances with which what was done was done, as stored on the predictions;
    ``target`` the chance with which the evaluated version would have done that very thing: 1 or 0 for one
    that does not draw. ``units`` are those that were drawn for: rows of one unit share its arm, and are one
    cluster.
    """

    rewards: npt.ArrayLike
    propensities: npt.ArrayLike
    target: npt.ArrayLike
    units: Sequence[Hashable] | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The mean reward of a row under the evaluated version, and of how many units it is worth (Kish 1965)."""

    interval: Interval
    effective: float


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows that can be evaluated."""

    rewards: Numbers
    weights: Numbers
    unit: npt.NDArray[np.intp]

    def by_unit(self, values: Numbers) -> Numbers:
        return np.bincount(self.unit, values).astype(np.float64)

    def evaluation(self, estimate: float, influence: Numbers, level: float) -> Evaluation:
        """From each row's influence on the estimate, which is independent between units.

        The interval is infinite before the burn-in that the sequences have, in events as they count them.
        """
        weights, own = self.by_unit(self.weights), self.by_unit(influence)
        squares, cubes = (own**2).sum(), (own**3).sum()
        events = Moments(np.asarray(float(own.size)), np.asarray(0.0), squares, cubes).events
        wide = NormalDist().inv_cdf(1.0 - level / 2.0) * math.sqrt(squares) / len(self.rewards)
        half = wide if events >= ONE_LOOK else math.inf
        bounds = (estimate, estimate - half, estimate + half)
        effective = float(weights.sum() ** 2 / (weights**2).sum())
        return Evaluation(Interval(*(np.asarray(each) for each in bounds)), effective)


def inverse_propensity(recorded: Recorded, level: float = 0.05) -> Evaluation:
    """Mean of w y, with w = target / propensity (Horvitz and Thompson 1952): true on average, and wide.

    Raises ``InvalidInput`` for rows from which nothing follows.
    """
    rows = _checked(recorded)
    scores = rows.weights * rows.rewards
    return rows.evaluation(float(scores.mean()), scores - scores.mean(), level)


def self_normalised(recorded: Recorded, level: float = 0.05) -> Evaluation:
    """Σ w y / Σ w (Hájek 1971; Swaminathan and Joachims 2015): narrower, its variance by the delta method.

    Raises ``InvalidInput`` for rows from which nothing follows.
    """
    rows = _checked(recorded)
    estimate = float((rows.weights * rows.rewards).sum() / rows.weights.sum())
    influence = rows.weights * (rows.rewards - estimate) / rows.weights.mean()
    return rows.evaluation(estimate, influence, level)


def doubly_robust(
    recorded: Recorded, predicted: npt.ArrayLike, expected: npt.ArrayLike, level: float = 0.05
) -> Evaluation:
    """Mean of r' + w (y - r) (Robins, Rotnitzky and Zhao 1994; Dudík, Langford and Li 2011).

    r is what a model of rewards says of what was done (``predicted``), r' what it says of what the
    evaluated version would do (``expected``). A wrong model costs width, never truth, as long as it has not
    learned from these very rows. Raises ``InvalidInput`` for rows from which nothing follows.
    """
    rows = _checked(recorded)
    done, would = _numbers("predicted", predicted, rows), _numbers("expected", expected, rows)
    scores = would + rows.weights * (rows.rewards - done)
    return rows.evaluation(float(scores.mean()), scores - scores.mean(), level)


def _checked(recorded: Recorded) -> _Rows:
    """Rows and their weights, or a sentence that says why there is no estimate."""
    rewards = np.asarray(recorded.rewards, dtype=np.float64)
    if not rewards.size:
        raise _refused("/rewards", "missing", "There are no rows.")
    units = range(rewards.size) if recorded.units is None else recorded.units
    numbered = {name: place for place, name in enumerate(dict.fromkeys(units))}
    unit = np.array([numbered[name] for name in units], dtype=np.intp)
    rows = _Rows(rewards, np.ones_like(rewards), unit)
    if unit.shape != rewards.shape:
        raise _refused("/units", "length", f"There are {unit.size:,} for {rewards.size:,} rows.")
    _numbers("rewards", rewards, rows)
    chance, target = _chances("propensities", recorded.propensities, rows), _target(recorded, rows)
    weights = target / chance
    _overlapping(weights, rows)
    return _Rows(rewards, weights, unit)


def _chances(name: str, given: npt.ArrayLike, rows: _Rows) -> Numbers:
    chance = np.asarray(given, dtype=np.float64)
    if missing := int(np.isnan(chance).sum()):
        reason = "leave out the time in which none was stored, and calls that named a version."
        raise _refused(f"/{name}", "missing", f"{missing:,} of {chance.size:,} rows have none: {reason}")
    if bad := int(((chance <= 0) | (chance > 1)).sum()):
        reason = "what was done had a chance above 0, and at most 1."
        raise _refused(f"/{name}", "out_of_range", f"Not so in {bad:,} of {chance.size:,} rows: {reason}")
    return _numbers(name, chance, rows)


def _target(recorded: Recorded, rows: _Rows) -> Numbers:
    target = _numbers("target", recorded.target, rows)
    if ((target < 0) | (target > 1)).any():
        raise _refused("/target", "out_of_range", "A chance is from 0 to 1.")
    if not target.any():
        raise _refused(
            "/target",
            "never_drawn",
            "In no row was done what the evaluated version would do: nothing is known of it.",
        )
    return target


def _overlapping(weights: Numbers, rows: _Rows) -> None:
    """Weights are 1 on average where all that the version would do was tried; less where some never was."""
    off = rows.by_unit(weights - weights.mean())
    bound = NormalDist().inv_cdf(1.0 - UNCOVERED / 2.0) * math.sqrt((off**2).sum()) / len(weights)
    mean = float(weights.mean())
    if abs(mean - 1.0) <= bound + 1e-9:
        return
    why = (
        "the evaluated version would also do what had no chance of being done"
        if mean < 1.0
        else "propensities are not those with which it was drawn"
    )
    raise _refused("/target", "no_overlap", f"Weights are {mean:.2f} on average, and should be 1: {why}.")


def _numbers(name: str, given: npt.ArrayLike, rows: _Rows) -> Numbers:
    numbers = np.asarray(given, dtype=np.float64)
    if numbers.shape != rows.rewards.shape:
        reason = f"There are {numbers.size:,} for {rows.rewards.size:,} rows."
        raise _refused(f"/{name}", "length", reason)
    if bad := int((~np.isfinite(numbers)).sum()):
        reason = "are missing or infinite. Evaluate rows whose time is over, with what was known then."
        raise _refused(f"/{name}", "missing", f"{bad:,} of {numbers.size:,} {reason}")
    return numbers


def _refused(pointer: str, code: str, message: str) -> InvalidInput:
    return InvalidInput("No estimate follows from these rows.", problems=[Problem(pointer, code, message)])
