"""Answers never fall along a field that is declared increasing, whatever the rows say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from flyball import Candidate, Classification, Field, Outcome, Rows, Search
from flyball.domain.errors import DeclarationError
from flyball.inference import runtime
from flyball.learning.dataset import Dataset
from flyball.learning.outoffold.wanted import Wanted
from flyball.learning.package import package
from flyball.learning.selection import Fit, Plan, select
from tests.learning import rows
from tests.learning.rows import dataset

CONSTRAINED = ("forest", "extra_trees", "boosting", "lightgbm", "xgboost")


def built(
    data: Dataset, task: str, *candidates: Any, monotonic: dict[str, int], trials: int = 1, **more: Any
) -> list[Fit]:
    """The fits of a build that keeps to these ways."""
    plan = Plan(
        task=task,
        metric="r2" if task == "regression" else "roc_auc",
        candidates=candidates,
        cv=2,
        search=Search(trials=trials),
        monotonic=monotonic,
        **more,
    )
    return select(data, plan)


def curves(fit: Fit, data: Dataset, task: str, field: str, *, label: str = "yes") -> np.ndarray:
    """What the version answers along a field, for each of some rows: as it is served."""
    made = package(fit, data, rows.SCHEMA, endpoint="credit", task=task)
    assert made.manifest.answering.role == "compiled"
    answering = runtime.load(made.manifest, made.answering)
    grid = np.linspace(-8, 12, 81).tolist() if field == "amount" else list(range(-3, 15))
    found = []
    for row, _ in made.manifest.golden:
        outputs = answering.predict([{**row, field: value} for value in grid])
        found.append(
            [each["value"] if task == "regression" else each["probabilities"][label] for each in outputs]
        )
    return np.array(found)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("name", CONSTRAINED)
def test_a_what_if_curve_never_turns_round_whatever_the_rows_say(
    tmp_path: Path, task: str, name: str
) -> None:
    data = dataset(tmp_path, task=task, size=300)  # the outcome rises with the amount
    for field, way in (("amount", -1), ("hours-per-week", 1)):
        fit = built(data, task, name, monotonic={field: way}, positive="yes")[0]
        assert fit.name == name
        assert (way * np.diff(curves(fit, data, task, field)) >= -1e-12).all()


def test_without_a_way_a_what_if_curve_does_turn_round(tmp_path: Path) -> None:
    data = dataset(tmp_path, size=300)
    free = built(data, "classification", "forest", monotonic={}, trials=3)[0]
    assert (np.diff(curves(free, data, "classification", "amount")) < -1e-9).any()


@pytest.mark.parametrize("positive", ["no", "yes"])
def test_it_is_the_positive_classs_probability_that_rises(tmp_path: Path, positive: str) -> None:
    data = dataset(tmp_path, size=300)
    fit = built(data, "classification", "boosting", monotonic={"amount": 1}, positive=positive)[0]
    assert (np.diff(curves(fit, data, "classification", "amount", label=positive)) >= -1e-12).all()


def test_calibrated_answers_keep_their_way(tmp_path: Path) -> None:
    data = dataset(tmp_path, size=1000)
    wanted = Wanted(is_calibrated=True)
    fit = built(data, "classification", "forest", monotonic={"amount": 1}, wanted=wanted)[0]
    assert (np.diff(curves(fit, data, "classification", "amount")) >= -1e-12).all()


def test_candidates_that_cannot_promise_it_say_so_on_the_leaderboard(labelled: Dataset) -> None:
    own = Candidate("forest", LogisticRegression())  # whatever its name is
    fits = built(labelled, "classification", "boosting", "linear", "svm", own, monotonic={"amount": 1})
    said = {fit.name: fit.error for fit in fits}
    assert said["boosting"] == ""
    reason = "ModelFailed: Its answers cannot be kept monotonic along amount, as is declared."
    assert {said[name] for name in ("linear", "svm", "forest")} == {reason}


@pytest.mark.parametrize(
    ("outcomes", "field"),
    [(("no", "yes", "never"), "amount"), (("no", "yes"), "colour"), (("no", "yes"), "size")],
)
def test_a_way_that_nothing_can_have_is_refused(
    tmp_path: Path, outcomes: tuple[str, ...], field: str
) -> None:
    data = dataset(tmp_path, outcomes=outcomes)
    with pytest.raises(DeclarationError, match="monotonic"):
        built(data, "classification", "boosting", monotonic={field: 1})


def test_a_declaration_says_which_way() -> None:
    class Risk(Classification):
        rows = Rows("loans.csv")
        outcome = Outcome("status")
        fields = {
            "age": Field(),
            "income": Field(monotonic="decreasing"),
            "debt": Field(monotonic="increasing"),
        }

    assert Plan.of(Risk).monotonic == {"income": -1, "debt": 1}
