"""The interval of the difference of two scores holds as often as it says, also where units come back."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score

from flyball.domain.errors import DeclarationError
from flyball.learning.paired import FEW, UNDEFINED, UNSTEADY, Answers, Judge, Labelled

ROUNDS = 40
World = tuple[Labelled, Answers, Answers]


def binary(rng: np.random.Generator, units: int, *, recurring: bool = False) -> World:
    """Two scores of one thing, of which the second is nearer; errors and outcomes of a unit go together."""
    sizes = rng.geometric(0.25, units) if recurring else np.ones(units, dtype=int)
    unit = np.repeat(np.arange(units), sizes)
    truth = rng.normal(size=units)[unit] + rng.normal(size=len(unit))
    happened = (rng.random(len(unit)) < _chance(truth)).astype(int)
    own = rng.normal(size=units)[unit]
    before, after = (truth + wide * (own + rng.normal(size=len(unit))) for wide in (1.0, 0.7))
    return Labelled(happened=happened, units=unit), _answers(before), _answers(after)


def numbers(rng: np.random.Generator, units: int) -> World:
    """The same with values."""
    truth = rng.normal(size=units)
    before, after = (Answers(values=truth + rng.normal(0, wide, units)) for wide in (0.9, 0.6))
    return Labelled(happened=truth, units=np.arange(units)), before, after


def _chance(truth: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(1 - truth)))


def _answers(score: np.ndarray) -> Answers:
    chance = _chance(score)
    return Answers(values=(chance >= 0.5).astype(int), probabilities=np.column_stack([1 - chance, chance]))


def judge(metric: str) -> Judge:
    """Of labels 0 and 1, or of values."""
    if metric == "r2":
        return Judge(metric, "regression")
    return Judge(metric, "classification", classes=(0, 1), positive=1)


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy"])
def test_the_interval_holds_the_true_difference_19_times_of_20(metric: str) -> None:
    rows, before, after = binary(np.random.default_rng(0), 50_000, recurring=True)
    asked = judge(metric)
    true = (asked.score(rows, after) or 0) - (asked.score(rows, before) or 0)
    held = 0
    for seed in range(1, ROUNDS + 1):
        found = asked.paired(*binary(np.random.default_rng(seed), 30, recurring=True))
        assert found.lower is not None
        assert found.upper is not None
        held += found.lower < true < found.upper
    assert held / ROUNDS >= 0.85  # 40 of 40 come once in eight times


def test_taken_row_by_row_units_that_come_back_would_make_it_too_narrow() -> None:
    """Each row twenty times: nothing more is known, and the interval says so."""
    rows, before, after = binary(np.random.default_rng(3), 200)
    asked = judge("roc_auc")
    once = asked.paired(rows, before, after)
    many = np.repeat(np.arange(200), 20)
    assert before.probabilities is not None
    assert after.probabilities is not None
    often = [
        Answers(values=each.values[many], probabilities=chance[many])
        for each, chance in ((before, before.probabilities), (after, after.probabilities))
    ]
    twenty = asked.paired(Labelled(happened=rows.happened[many], units=many), *often)
    assert (twenty.before, twenty.lower) == pytest.approx((once.before, once.lower))
    alone = asked.paired(Labelled(happened=rows.happened[many], units=np.arange(len(many))), *often)
    assert alone.upper is not None
    assert alone.lower is not None
    assert once.upper is not None
    assert once.lower is not None
    assert alone.upper - alone.lower < 0.4 * (once.upper - once.lower)


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "r2"])
def test_scores_are_scikit_learns(metric: str) -> None:
    rng = np.random.default_rng(5)
    rows, before, after = numbers(rng, 300) if metric == "r2" else binary(rng, 300)
    found = judge(metric).paired(rows, before, after)
    by_hand = {
        "roc_auc": lambda each: roc_auc_score(rows.happened, each.probabilities[:, 1]),
        "accuracy": lambda each: accuracy_score(rows.happened, each.values),
        "r2": lambda each: r2_score(rows.happened, each.values),
    }[metric]
    assert (found.before, found.after) == pytest.approx((by_hand(before), by_hand(after)))
    assert found.after is not None
    assert found.before is not None
    assert found.lower is not None
    assert found.upper is not None
    assert (found.lower + found.upper) / 2 == pytest.approx(found.after - found.before)


def test_of_a_mean_it_is_students_interval() -> None:
    """Accuracy with a row a unit: the mean of 60 differences, each of which is -1, 0 or 1."""
    rows, before, after = binary(np.random.default_rng(9), 60)
    found = judge("accuracy").paired(rows, before, after)
    each = (after.values == rows.happened).astype(int) - (before.values == rows.happened).astype(int)
    wide = 2.0009954 * each.std(ddof=1) / np.sqrt(60)  # Student's with 59 degrees of freedom
    assert (found.lower, found.upper) == pytest.approx((each.mean() - wide, each.mean() + wide))


def test_the_same_answers_differ_by_nothing() -> None:
    rows, before, _ = binary(np.random.default_rng(2), 50)
    found = judge("roc_auc").paired(rows, before, before)
    assert (found.lower, found.upper) == (0, 0)


@pytest.mark.parametrize(
    ("metric", "best"), [("roc_auc", 1), ("accuracy", 1), ("neg_log_loss", 0), ("r2", 1)]
)
def test_no_bound_of_a_score_is_above_that_of_answers_that_are_always_right(metric: str, best: float) -> None:
    rng = np.random.default_rng(4)
    rows, _, _ = numbers(rng, 60) if metric == "r2" else binary(rng, 60)
    right = rows.happened * 0.98 if metric == "r2" else rows.happened.copy()
    right[:2] = 1 - right[:2]  # two mistakes, and one that is not sure of itself
    sure = np.where(np.arange(60) == 2, 0.6, 0.99)
    chance = np.where(right == 1, sure, 1 - sure)
    answers = Answers(values=right, probabilities=np.column_stack([1 - chance, chance]))
    score, lower, upper = judge(metric).bounded(rows, answers, np.arange(60), groups=10)
    assert None not in (score, lower, upper)
    assert lower < score < upper <= best + 1e-9  # type: ignore[operator] # there are none without a score


def test_what_there_is_not_has_a_reason() -> None:
    rows, before, after = binary(np.random.default_rng(2), 50)
    one_label = Labelled(happened=np.zeros(50, dtype=int), units=rows.units)
    assert judge("roc_auc").paired(one_label, before, after).reason == UNDEFINED
    few = Labelled(happened=rows.happened, units=rows.units % 9)
    assert judge("roc_auc").paired(few, before, after).reason == FEW
    rare = Labelled(happened=(np.arange(50) == 7).astype(int), units=rows.units)
    found = judge("roc_auc").paired(rare, before, after)
    assert found.reason == UNSTEADY  # without that row there is no area under the curve
    assert found.before is not None
    with pytest.raises(DeclarationError):
        judge("nonsense")
