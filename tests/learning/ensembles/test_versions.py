"""An ensemble as a version: compiled, explained and diagnosed; and refused where its parts do not fit."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from flyball import Candidate, Search
from flyball.domain.errors import ArtifactCorrupt, ModelFailed
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference import allowlist, runtime
from flyball.inference.compiled import document
from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators import centres, constant, joint, linear
from flyball.inference.frame import scalars
from flyball.learning.compiling.reasons import NotCompiled
from flyball.learning.compiling.version import as_document
from flyball.learning.dataset import Dataset
from flyball.learning.diagnostics.diagnosing import diagnose
from flyball.learning.diagnostics.searched import Fitted, Trial
from flyball.learning.package import Package, package
from flyball.learning.selection import Fit, Plan, select
from tests.learning import rows

METRIC = {"classification": "roc_auc", "regression": "r2"}
KINDS = [
    (task, outcomes, kind)
    for task, outcomes in (
        ("classification", ("no", "yes")),
        ("classification", ("a", "b", "c")),
        ("regression", ("",)),
    )
    for kind in ("blend", "stacking")
]
EVERY = pytest.mark.parametrize(
    ("task", "outcomes", "kind"), KINDS, ids=[f"{o[-1]}-{k}" for _, o, k in KINDS]
)


@cache
def made(task: str, outcomes: tuple[str, ...]) -> tuple[Dataset, Plan, dict[str, Fit]]:
    """Both ensembles of a linear model, a tree and a few boosted ones, which take columns otherwise."""
    is_labels = task == "classification"
    tree = (DecisionTreeClassifier if is_labels else DecisionTreeRegressor)(max_depth=3, random_state=0)
    boosted = (HistGradientBoostingClassifier if is_labels else HistGradientBoostingRegressor)(max_iter=4)
    with TemporaryDirectory() as folder:
        data = rows.dataset(Path(folder), task=task, size=160, outcomes=outcomes)
    plan = Plan(
        task=task,
        metric=METRIC[task],
        candidates=["linear", Candidate("tree", tree), Candidate("boosted", boosted), "blend", "stacking"],
        cv=2,
        search=Search(trials=1),
    )
    return data, plan, {fit.name: fit for fit in select(data, plan)}


@cache
def version(task: str, outcomes: tuple[str, ...], kind: str) -> Package:
    data, _, fits = made(task, outcomes)
    assert fits[kind].error == ""
    return package(fits[kind], data, rows.SCHEMA, endpoint="test", task=task)


@EVERY
def test_an_ensemble_is_compiled_and_answers_as_the_library_alone_and_in_company(
    task: str, outcomes: tuple[str, ...], kind: str
) -> None:
    package = version(task, outcomes, kind)
    data, _, fits = made(task, outcomes)
    assert package.manifest.answering.runtime == "compiled", package.compiling
    assert package.compiling["flips"] == 0
    served = runtime.load(package.manifest, package.answering)
    given = scalars(rows.SCHEMA, data.frame)
    together, alone = served.predict(given), [served.predict([row])[0] for row in given]
    for found in (together, alone):
        if task == "regression":
            expected = fits[kind].pipeline.predict(data.frame)
            assert np.allclose([each["value"] for each in found], expected, rtol=1e-9, atol=1e-9)
        else:
            expected = fits[kind].pipeline.predict_proba(data.frame)
            assert np.allclose(
                [[*each["probabilities"].values()] for each in found], expected, rtol=0, atol=1e-9
            )
            assert [each["label"] for each in found] == fits[kind].pipeline.predict(data.frame).tolist()


@EVERY
def test_an_artifact_of_an_ensemble_needs_nobodys_trust(
    task: str, outcomes: tuple[str, ...], kind: str
) -> None:
    data, _, fits = made(task, outcomes)
    again = allowlist.construct(allowlist.dump(fits[kind].pipeline))
    assert np.array_equal(again.predict(data.frame), fits[kind].pipeline.predict(data.frame))


@EVERY
def test_reasons_of_an_ensemble_are_by_ablation(task: str, outcomes: tuple[str, ...], kind: str) -> None:
    assert version(task, outcomes, kind).compiling["reasons"] == "ablation"


@pytest.mark.parametrize(("task", "outcomes", "kind"), [KINDS[0], KINDS[-1]])
def test_an_ensemble_is_diagnosed(task: str, outcomes: tuple[str, ...], kind: str) -> None:
    package = version(task, outcomes, kind)
    data, plan, fits = made(task, outcomes)
    fit = fits[kind]
    own = {name: value for name, value in fit.parameters.items() if name != "weights"}
    fitted = Fitted(
        candidate=kind,
        parameters=fit.parameters,
        trials=[Trial(point=1, rung=0, parameters=own, scores=fit.fold_scores)],
    )
    served = runtime.load(package.manifest, package.answering)
    found = diagnose(data, plan, package.manifest, served, fitted=fitted)
    curve = found.tables["learning_curve"]
    assert len(curve.rows) > 3
    assert all(row[curve.columns.index("held_out_score")] is not None for row in curve.rows)
    trials = found.tables["trials"]
    assert all(row[trials.columns.index("is_chosen")] for row in trials.rows)


NUMBERS = Schema((Field(name="x", kind=Kind.NUMBER), Field(name="y", kind=Kind.NUMBER)))
DRAW = np.random.default_rng(0)
TABLE = DRAW.normal(size=(80, 2))
LABELS = (TABLE[:, 0] + DRAW.normal(size=80) > 0).astype(int)


def votes(*models: Any, **options: Any) -> Any:
    named = [(f"m{place}", model) for place, model in enumerate(models)]
    return VotingClassifier(named, voting="soft", **options)


def test_a_vote_of_the_users_own_is_compiled_behind_its_own_steps() -> None:
    own = make_pipeline(StandardScaler(), GaussianNB())
    for weights in (None, [1, 3]):
        model = make_pipeline(StandardScaler(), votes(own, LogisticRegression(), weights=weights))
        assert as_document(model.fit(TABLE, LABELS), NUMBERS, "classification", (0, 1))


def stacked(*models: Any, **options: Any) -> Any:
    return StackingClassifier([(f"m{place}", model) for place, model in enumerate(models)], cv=2, **options)


REFUSED = [
    ("an ensemble inside", votes(votes(GaussianNB())), "in its turn"),
    ("a part that is not compiled", votes(DecisionTreeClassifier(), votes(GaussianNB())), "in its turn"),
    ("another last model", stacked(GaussianNB(), final_estimator=DecisionTreeClassifier()), "linear model"),
    ("columns beside answers", stacked(GaussianNB(), passthrough=True), "probabilities or values"),
    ("labels alone", stacked(GaussianNB(), stack_method="predict"), "probabilities or values"),
]


@pytest.mark.parametrize(("model", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_an_ensemble_that_is_not_compiled_says_why(model: Any, reason: str) -> None:
    with pytest.raises(NotCompiled, match=reason):
        as_document(model.fit(TABLE, LABELS), NUMBERS, "classification", (0, 1))


def forged(**changes: Any) -> Any:
    """A blend of two lines, with something else in it."""
    fitted = VotingRegressor([("a", Ridge()), ("b", Ridge(2.0))]).fit(TABLE, TABLE[:, 0])
    whole = document.parsed(as_document(fitted, NUMBERS, "regression"), NUMBERS)
    estimator = msgspec.structs.replace(whole.estimator, **changes)
    return document.read(document.written(NUMBERS, whole.encoder, estimator), NUMBERS)


PART = joint.Part(2, constant.Constant(packed(np.array(1.0))))
WIDE, BELOW = joint.Part(5, PART.estimator), joint.Part(-1, PART.estimator)
CENTRE = joint.Part(2, centres.Centres(packed(np.zeros((1, 2)))))
FORGED: list[tuple[str, dict[str, Any]]] = [
    ("no part", {"parts": (), "weights": packed(np.zeros(0))}),
    ("too few columns", {"parts": (PART,), "weights": packed(np.ones(1))}),
    ("a width below nothing", {"parts": (WIDE, BELOW)}),
    ("more weights than parts", {"weights": packed(np.ones(3))}),
    ("weights of nothing", {"weights": packed(np.zeros(2))}),
    ("a weight below nothing", {"weights": packed(np.array([2.0, -1.0]))}),
    ("a weight that is no number", {"weights": packed(np.array([1.0, np.nan]))}),
    ("a part that finds clusters", {"parts": (CENTRE, PART)}),
]


@pytest.mark.parametrize("changes", [row[1] for row in FORGED], ids=[row[0] for row in FORGED])
def test_a_blend_whose_parts_do_not_fit_is_corrupt(changes: dict[str, Any]) -> None:
    assert forged()
    with pytest.raises(ArtifactCorrupt):
        forged(**changes)


def test_parts_that_answer_another_number_than_is_weighed_give_no_answer() -> None:
    line = linear.Linear(packed(np.ones((1, 5))), packed(np.zeros(1)), "value")
    whole = document.parsed(as_document(Ridge().fit(TABLE, TABLE[:, 0]), NUMBERS, "regression"), NUMBERS)
    estimator = joint.Stacked((joint.Part(2, PART.estimator),), line)
    data = document.written(NUMBERS, whole.encoder, estimator)
    manifest = replace(version("regression", ("",), "blend").manifest, schema=NUMBERS, golden=())
    served = runtime.opened(manifest, data)
    with pytest.raises(ModelFailed):
        served.predict([{"x": 1.0, "y": 2.0}])
