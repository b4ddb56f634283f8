"""Probabilities are calibrated where that helps, and left alone where they are right."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from flyball import Candidate, Classification, Outcome, Rows, Search
from flyball.domain.errors import ArtifactCorrupt
from flyball.domain.finishing.applying import calibrated
from flyball.domain.finishing.calibration import Calibration
from flyball.domain.finishing.finish import Finish
from flyball.domain.routing import Manifest
from flyball.inference import runtime
from flyball.inference.reasons import opening
from flyball.learning.dataset import Dataset
from flyball.learning.outoffold.answers import OutOfFold
from flyball.learning.outoffold.calibrating import calibration
from flyball.learning.outoffold.wanted import Wanted
from flyball.learning.package import Package, package
from flyball.learning.selection import Fit, Plan, select
from tests.learning import rows
from tests.learning.rows import dataset

MANY = 2000


class Sure(LogisticRegression):
    """Takes everything for three times as certain as it is."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Sure:  # noqa: N803 - scikit-learn's name for it
        """As ever, and then too sure of it."""
        super().fit(X, y, sample_weight)
        for name in ("coef_", "intercept_"):
            setattr(self, name, 3 * getattr(self, name))
        return self


def chances(classes: int, draw: np.random.Generator) -> np.ndarray:
    """True probabilities, shape (rows, classes)."""
    raised = np.exp(draw.normal(0, 1.5, (MANY, classes)))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def answered(truth: np.ndarray, power: float, draw: np.random.Generator, *, timed: bool = False) -> OutOfFold:
    """Answers out of five folds: the truth to a power, made probabilities again."""
    happened = np.array([draw.choice(truth.shape[1], p=row) for row in truth])
    given = truth**power
    places = np.arange(MANY)
    return OutOfFold(
        rows=replace(rows.given(rows.Schema(()), [{}] * MANY, happened), entities=places[:, None]),
        answers=given / given.sum(axis=1, keepdims=True),
        folds=places * 5 // MANY,
        classes=np.arange(truth.shape[1]),
        is_forward=timed,
    )


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
def test_right_probabilities_are_left_alone_and_wrong_ones_come_nearer_to_the_truth(
    classes: int, timed: bool
) -> None:
    draw = np.random.default_rng(5)
    truth = chances(classes, draw)
    assert calibration(answered(truth, 1.0, draw, timed=timed), np.ones(MANY))[0] is None
    for power in (0.4, 2.5):
        found = answered(truth, power, draw, timed=timed)
        made, _ = calibration(found, np.ones(MANY))
        assert made is not None
        away = np.abs(calibrated(made, found.answers) - truth).mean()
        assert away < 0.5 * np.abs(found.answers - truth).mean()


def test_a_curve_is_never_learned_from_later_folds() -> None:
    draw = np.random.default_rng(5)
    found = answered(chances(2, draw), 1.0, draw, timed=True)
    assert found.before(0).sum() == 0
    assert found.folds[found.before(3)].max() == 2


def test_an_isotonic_curve_never_says_never() -> None:
    draw = np.random.default_rng(5)
    truth = np.column_stack([np.arange(MANY) < MANY / 2, np.arange(MANY) >= MANY / 2]).astype(float)
    found = answered(truth * 0.98 + 0.01, 0.1, draw)
    made, _ = calibration(found, np.ones(MANY))
    assert made is not None
    assert calibrated(made, np.array([[1.0, 0.0], [0.0, 1.0]])).min() > 0


def fitted(data: Dataset, *, calibrated: bool = True) -> Fit:
    """The fit of a model that is too sure."""
    plan = Plan(
        task="classification",
        metric="neg_log_loss",
        candidates=[Candidate("sure", LogisticRegression(C=1e6))],
        cv=4,
        search=Search(trials=1),
        wanted=Wanted(is_calibrated=calibrated),
    )
    return select(data, plan)[0]


@pytest.fixture(params=[("no", "yes"), ("no", "yes", "never")], ids=["two labels", "three labels"])
def made(tmp_path: Path, request: pytest.FixtureRequest) -> Package:
    """A version whose probabilities are calibrated by a curve of its own making."""
    data = dataset(tmp_path, size=300, outcomes=request.param)
    curve = ((0.0, 0.05), (0.3, 0.2), (0.31, 0.8), (1.0, 0.9))
    curves = (curve,) if len(request.param) == 2 else (curve,) * 3
    finish = Finish(calibration=Calibration(method="isotonic", curves=curves))
    fit = replace(fitted(data, calibrated=False), finish=finish)
    return package(fit, data, rows.SCHEMA, endpoint="credit", task="classification")


def test_a_calibrated_version_is_compiled_and_answers_as_scikit_learn_does(made: Package) -> None:
    assert made.manifest.answering.role == "compiled"
    assert made.compiling["flips"] == 0
    assert made.compiling["largest_error"] < 1e-9
    by_role = {each.role: each for each in made.manifest.artifacts}
    slow = replace(made.manifest, artifacts=(replace(by_role["pipeline"], unused=""),))
    known = [row for row, _ in made.manifest.golden]
    quick = runtime.load(made.manifest, made.answering).predict(known)
    beside = runtime.load(slow, made.files[by_role["pipeline"].digest]).predict(known)
    for one, other in zip(quick, beside, strict=True):
        assert one["label"] == other["label"]
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-9)
        assert sum(one["probabilities"].values()) == pytest.approx(1)


def test_the_reasons_of_a_calibrated_answer_are_parts_of_its_calibrated_probability(made: Package) -> None:
    assert made.compiling["reasons"] == "ablation"
    answering = runtime.load(made.manifest, made.answering)
    data = made.files[opening.artifact_of(made.manifest).digest]
    explainer = opening.opened(made.manifest, data, made.answering, answering)
    row, output = made.manifest.golden[0]
    found = explainer.explain(row, output)
    assert found.unit == "probability"
    assert found.answer == pytest.approx(output["probabilities"][output["label"]])


def test_a_version_from_before_calibration_loads_and_a_damaged_calibration_does_not(made: Package) -> None:
    kept = msgspec.to_builtins(made.manifest)
    assert msgspec.convert(kept, Manifest) == made.manifest
    del kept["finish"]["calibration"]
    assert msgspec.convert(kept, Manifest).finish == Finish()
    del kept["finish"]
    assert msgspec.convert(kept, Manifest).finish is None
    falling = Calibration(method="isotonic", curves=(((0.0, 0.9), (1.0, 0.1)),) * 3)
    with pytest.raises(ArtifactCorrupt):
        runtime.load(replace(made.manifest, finish=Finish(calibration=falling)), made.answering)
    assert hashlib.sha256(made.answering).hexdigest() == made.manifest.answering.digest


def test_a_build_calibrates_a_model_that_is_too_sure_and_scores_it_as_it_answers(tmp_path: Path) -> None:
    data = dataset(tmp_path, size=3000)
    plan = Plan(
        task="classification",
        metric="neg_log_loss",
        candidates=[Candidate("sure", Sure())],
        cv=4,
        search=Search(trials=1),
    )
    before, after = (
        select(data, replace(plan, wanted=Wanted(is_calibrated=calibrated)))[0]
        for calibrated in (False, True)
    )
    assert after.finish is not None
    assert after.finish.calibration is not None
    assert "Probabilities are calibrated" in after.finish.notes[0]
    assert before.fold_scores == after.fold_scores
    assert after.held_out_score is not None
    assert before.held_out_score is not None
    assert after.held_out_score > before.held_out_score


def test_a_declaration_asks_for_calibration() -> None:
    class Risk(Classification):
        rows = Rows("loans.csv")
        outcome = Outcome("status")
        calibrate = True

    assert Plan.of(Risk).wanted.is_calibrated
