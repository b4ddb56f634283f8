"""Compiled means proven: what flips a label, errs or fails is not served, and the version says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from flyball.domain.errors import ModelFailed
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference import runtime
from flyball.inference.frame import frame
from flyball.learning.compiling.gate import ALONE, TOGETHER, Verdict, compared
from flyball.learning.compiling.version import as_document, with_compiled
from flyball.learning.package import Package, packaged
from flyball.learning.pipeline import prepared
from tests.learning.compiling.encoded import SCHEMA, rows
from tests.learning.rows import given

Output = dict[str, Any]
COUNT = TOGETHER + 904
X = Schema((Field(name="x", kind=Kind.NUMBER),))


DATA = given(X, [{"x": float(place)} for place in range(COUNT)], np.linspace(-2.0, 2.0, COUNT))


class Answers:
    """A runtime that answers each row by a function of its number."""

    direct = True

    def __init__(self, answer: Callable[[float], Output]) -> None:
        self.answer = answer

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Output]:
        """One answer a row."""
        return [self.answer(row["x"]) for row in rows]


class AloneOtherwise(Answers):
    """One that answers otherwise where a row is alone."""

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Output]:
        """One answer a row; alone the label is another."""
        return [labelled("b")] if len(rows) == 1 else super().predict(rows)


def labelled(label: Any, likely: float = 0.75) -> Output:
    """An answer of a classifier."""
    return {"label": label, "probabilities": {"a": likely, "b": 1 - likely}}


def fails(number: float) -> Output:
    """No answer for the last row."""
    if number == COUNT - 1:
        raise ModelFailed("The model gave a number that is not finite.")
    return labelled("a")


def valued(name: str, factor: float) -> Answers:
    """Answers in proportion to a row's number; clusters are whole."""
    return Answers(lambda x: {name: int(x * factor) if name == "cluster" else x * factor})


SAME = Answers(lambda _: labelled("a"))
VERDICTS: list[tuple[str, Answers, Answers, str]] = [
    ("the same answers", SAME, SAME, ""),
    ("a probability within 1e-6", SAME, Answers(lambda _: labelled("a", 0.75 + 9e-7)), ""),
    ("a probability beyond it", SAME, Answers(lambda _: labelled("a", 0.75 + 2e-6)), "2.0e-06 off"),
    ("the last row's label", SAME, Answers(lambda x: labelled("b" if x == COUNT - 1 else "a")), "2 of 6000"),
    ("another type", Answers(lambda _: labelled(1)), Answers(lambda _: labelled(True)), "another"),
    ("a label of rows alone", SAME, AloneOtherwise(lambda _: labelled("a")), "1000 of 6000 answers"),
    ("a row without an answer", SAME, Answers(fails), "not finite"),
    ("a probability that is none", SAME, Answers(lambda _: labelled("a", np.nan)), "off"),
    ("another cluster", valued("cluster", 0.0), valued("cluster", 1e-3), "another"),
    ("a value within 1e-6", valued("value", 1.0), valued("value", 1 + 9e-7), ""),
    ("a value beyond it", valued("value", 1.0), valued("value", 1 + 2e-6), "off"),
    ("a value near zero", Answers(lambda _: {"value": 1e-19}), Answers(lambda _: {"value": 2e-19}), ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fitted", "compiled", "reason"), [case[1:] for case in VERDICTS], ids=[case[0] for case in VERDICTS]
)
def test_what_is_compiled_is_served_only_where_it_answers_the_same(
    fitted: Answers, compiled: Answers, reason: str
) -> None:
    verdict = compared(fitted, compiled, DATA, X)
    assert (reason in verdict.reason) if reason else (verdict.reason == "")


def test_all_rows_are_compared_and_a_thousand_alone() -> None:
    verdict = compared(SAME, SAME, DATA, X)
    assert (verdict.rows, verdict.alone, verdict.flips, verdict.error) == (COUNT, ALONE, 0, 0.0)
    assert verdict.microseconds > 0


def test_an_error_that_is_no_number_speaks_against_a_version() -> None:
    assert Verdict(rows=1, error=np.nan).reason


def kept(model: Any) -> Package:
    """A pipeline over hostile rows as the registry keeps it."""
    known = rows(300, seed=3)
    target = np.where(frame(SCHEMA, known)["full"].to_numpy() > 3, "yes", "no")
    data = given(SCHEMA, known, target)
    return packaged(model.fit(data.frame, target), data, SCHEMA, endpoint="x", task="classification")


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        GradientBoostingClassifier(n_estimators=5),
        SGDClassifier(loss="log_loss"),
        MLPClassifier((4,), max_iter=5),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_compiled_version_answers_and_keeps_its_pipeline(estimator: Any) -> None:
    made = kept(prepared(SCHEMA, estimator, task="classification"))
    assert [(each.role, each.runtime) for each in made.manifest.artifacts] == [
        ("compiled", "compiled"),
        ("pipeline", "scikit-learn"),
        ("reasons", "reasons"),
    ]
    assert made.manifest.answering.role == "compiled"
    assert {each.digest for each in made.manifest.artifacts} == set(made.files)
    assert (made.compiling["rows"], made.compiling["flips"], "reason" in made.compiling) == (300, 0, False)
    assert runtime.load(made.manifest, made.answering).direct


def test_a_label_that_is_not_the_likeliest_is_left_to_the_library() -> None:
    eager = FixedThresholdClassifier(LogisticRegression(), threshold=0.9, response_method="predict_proba")
    made = kept(prepared(SCHEMA, eager, task="classification"))
    assert made.manifest.answering.runtime == "scikit-learn"
    assert [each.role for each in made.manifest.artifacts] == ["pipeline", "reasons"]
    assert "FixedThresholdClassifier" in made.compiling["reason"]


def test_a_step_that_is_not_compiled_is_named_with_the_version() -> None:
    steps = prepared(SCHEMA, LogisticRegression(), task="classification").steps
    made = kept(make_pipeline(steps[0][1], PolynomialFeatures(1), LogisticRegression()))
    assert made.manifest.answering.runtime == "scikit-learn"
    assert "'polynomialfeatures' is a PolynomialFeatures" in made.compiling["reason"]


class Bent(LogisticRegression):
    """A model of the user's own that answers otherwise than its type."""

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803 - scikit-learn's name for it
        """The other way round."""
        return super().predict_proba(X)[:, ::-1]


def test_a_subclass_is_not_taken_for_its_type() -> None:
    known = rows(50, seed=4)
    model = prepared(SCHEMA, Bent(), task="classification")
    model.fit(frame(SCHEMA, known), np.arange(50) % 2)
    with pytest.raises(Exception, match="Bent"):
        as_document(model, SCHEMA, "classification")


def test_a_document_that_flips_a_label_is_thrown_away_and_the_pipeline_answers() -> None:
    made = kept(prepared(SCHEMA, LogisticRegression(), task="classification"))
    alone = replace(made.manifest, artifacts=(replace(made.manifest.artifacts[1], unused=""),))
    known = rows(300, seed=3)
    data = given(SCHEMA, known, np.array(["no", "yes"] * 150))
    model = prepared(SCHEMA, LogisticRegression(), task="classification").fit(data.frame, data.labels)
    other = runtime.load(made.manifest, made.answering)  # stands for a library that answers otherwise
    manifest, file, found = with_compiled(alone, model, other, data)
    assert (manifest, file) == (alone, None)
    assert found["flips"] > 0
    assert "another label" in found["reason"]
