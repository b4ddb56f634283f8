"""What balance and weights do to probabilities, in worlds whose probabilities are known."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.domain.finishing.applying import calibrated
from flyball.domain.numbers import expit
from flyball.domain.schema import Field, Kind, Schema
from flyball.learning.dataset import Dataset
from flyball.learning.outoffold.answers import OutOfFold
from flyball.learning.outoffold.calibrating import calibration
from flyball.learning.outoffold.costing import trade_offs
from flyball.learning.outoffold.covering import covered, interval
from flyball.learning.outoffold.finishing import finished
from flyball.learning.outoffold.wanted import Wanted
from flyball.learning.selection import select
from flyball.learning.weighing.rows import relative
from tests.learning.rows import given
from tests.learning.weighing.rows import drawn, plan, repeated, weighed

SCHEMA = Schema((Field(name="x", kind=Kind.NUMBER),))
OFFSETS = {0.1: -2.93, 0.01: -5.55}
"""By share of positive rows: log-odds at x = 0, where x is normal and they rise by 1.5 with it."""


def world(share: float, size: int, seed: int) -> tuple[Dataset, np.ndarray]:
    """Rows, and the true probability of each."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=size)
    truth = expit(OFFSETS[share] + 1.5 * x)
    rows = given(SCHEMA, [{"x": float(each)} for each in x], (draw.random(size) < truth).astype(int))
    return rows, truth


@pytest.mark.parametrize("share", [0.1, 0.01])
def test_balance_distorts_probabilities_and_calibration_mends_them(share: float) -> None:
    rows, _ = world(share, 4_000, 1)
    others, truth = world(share, 20_000, 2)
    wanted = Wanted(positive=1, is_calibrated=True)
    asked = plan("classification", "linear", balance=True, metric="roc_auc", wanted=wanted)
    (found,) = (each for each in select(rows, asked) if each.name == "linear")
    raw = found.pipeline.predict_proba(others.frame)[:, 1]
    mended = finished(found.pipeline, found.finish).predict_proba(others.frame)[:, 1]
    assert raw.mean() > 3 * truth.mean()
    assert mended.mean() == pytest.approx(truth.mean(), rel=0.35)
    assert np.abs(mended - truth).mean() < 0.1 * np.abs(raw - truth).mean()


def test_weights_bring_a_drawn_world_back() -> None:
    """Of ten negative rows one is kept, of weight 10: probabilities are those of all rows."""
    rows, truth = world(0.1, 30_000, 3)
    kept = np.flatnonzero((rows.labels == 1) | (np.arange(len(rows)) % 10 == 0))
    some = rows.take(kept)
    asked = plan("classification", "linear", metric="neg_log_loss")
    models = {}
    for name, learned in (("weighed", weighed(some, np.where(some.labels == 1, 1.0, 10.0))), ("plain", some)):
        (models[name],) = (each for each in select(learned, asked) if each.name == "linear")
    asked_rows = rows.frame
    away = {
        name: np.abs(each.pipeline.predict_proba(asked_rows)[:, 1] - truth).mean()
        for name, each in models.items()
    }
    assert away["weighed"] < 0.01
    assert away["plain"] > 0.1


def out_of_fold(rows: Dataset, answers: np.ndarray) -> OutOfFold:
    """Answers out of five folds."""
    folds = np.arange(len(rows)) * 5 // len(rows)
    return OutOfFold(rows=rows, answers=answers, folds=folds, classes=np.array([0, 1]), is_forward=False)


def test_a_calibration_is_that_of_the_weighed_world() -> None:
    rows, truth = world(0.1, 8_000, 4)
    heavy = weighed(rows, np.where(rows.labels == 1, 9.0, 1.0))
    found = out_of_fold(heavy, np.column_stack([1 - truth, truth]))
    assert calibration(out_of_fold(rows, found.answers), np.ones(len(rows)))[0] is None
    made, _ = calibration(found, relative(heavy))
    assert made is not None
    right = 9 * truth / (9 * truth + 1 - truth)  # odds are nine times as high
    assert np.abs(calibrated(made, found.answers)[:, 1] - right).mean() < 0.02


def test_few_heavy_rows_do_not_calibrate() -> None:
    rows, truth = world(0.1, 2_000, 5)
    weights = np.full(2_000, 1e-6)
    weights[::40] = 1e9
    heavy = weighed(rows, weights)
    found = out_of_fold(heavy, np.column_stack([1 - truth**0.3, truth**0.3]))
    made, gains = calibration(found, relative(heavy))
    assert (made, gains) == (None, [])


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_intervals_hold_their_part_of_the_weight(spread: float) -> None:
    """Heavy rows have larger errors: bounds that count rows alone would hold too little of the weight."""
    inside, plain, many = list[float](), list[float](), 400
    for seed in range(200):
        draw = np.random.default_rng(seed)
        weights = np.exp(draw.normal(0, spread, 2 * many))
        errors = draw.normal(size=2 * many) * np.sqrt(weights)
        rows = given(SCHEMA, [{"x": 0.0}] * many, errors[:many])
        found = out_of_fold(weighed(rows, weights[:many]), np.zeros(many))
        for kept, own in ((inside, weights[:many] / weights[:many].mean()), (plain, np.ones(many))):
            made = interval(found, 0.9, own)
            assert made is not None
            kept.append(covered(made, np.zeros(many), errors[many:], weights[many:])[0])
    assert np.mean(inside) == pytest.approx(0.9, abs=0.015)
    if spread:
        assert np.mean(plain) < 0.87


def test_trade_offs_of_weights_are_those_of_repeated_rows() -> None:
    rows = drawn("classification")
    times = np.random.default_rng(5).integers(1, 6, len(rows))
    scores = np.random.default_rng(6).random(len(rows)).round(2)
    many = repeated(rows, times)
    once = trade_offs(scores, rows.labels == 1, times.astype(float))
    assert once == trade_offs(np.repeat(scores, times), many.labels == 1, np.ones(len(many)))


def test_no_weights_are_weights_of_1() -> None:
    rows, truth = world(0.1, 2_000, 6)
    answers = np.column_stack([1 - truth**0.5, truth**0.5])
    one = calibration(out_of_fold(rows, answers), relative(rows))
    heavy = weighed(rows, np.full(2_000, 8.0))
    other = calibration(out_of_fold(heavy, answers), relative(heavy))
    assert one == other
