"""A version that was built before is scored on the rows that a new build holds out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flyball import Search
from flyball.domain.routing import Manifest
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference import runtime
from flyball.inference.runtime import Runtime
from flyball.inference.sklearn_runtime import SklearnRuntime
from flyball.learning.comparison import Compared, held_out_score
from flyball.learning.dataset import Dataset
from flyball.learning.package import package
from flyball.learning.selection import Fit, Plan, select
from tests.learning import rows
from tests.learning.transformers import Broken

METRICS = [
    ("classification", "roc_auc", ("no", "yes")),
    ("classification", "accuracy", (False, True)),
    ("classification", "roc_auc", (1, 2, 3)),
    ("classification", "neg_log_loss", ("a", "b", "c")),
    ("regression", "r2", ()),
    ("regression", "neg_mean_absolute_error", ()),
    ("clustering", "silhouette", ()),
    ("anomaly_detection", "mass_volume", ()),
]


def planned(task: str, metric: str) -> Plan:
    """A plan of one quick candidate."""
    candidates = [{"clustering": "kmeans", "anomaly_detection": "isolation_forest"}.get(task, "linear")]
    return Plan(task=task, metric=metric, candidates=candidates, cv=2, search=Search(trials=1))


def loaded(data: Dataset, plan: Plan) -> tuple[Fit, Manifest, Runtime]:
    """The plan's candidate, packaged and loaded as a server would."""
    (fit,) = (fit for fit in select(data, plan) if fit.name in plan.candidates)
    made = package(fit, data, data.schema, endpoint="test", task=plan.task)
    return fit, made.manifest, runtime.load(made.manifest, made.answering)


@pytest.mark.parametrize(("task", "metric", "outcomes"), METRICS)
@pytest.mark.parametrize("timed", [True, False], ids=["timed", "timeless"])
def test_a_version_scores_the_held_out_rows_as_its_build_did(
    tmp_path: Path, task: str, metric: str, outcomes: tuple[Any, ...], timed: bool
) -> None:
    data = rows.dataset(tmp_path, task=task, timed=timed, **({"outcomes": outcomes} if outcomes else {}))
    plan = planned(task, metric)
    fit, manifest, version = loaded(data, plan)
    assert fit.held_out_score is not None
    found = held_out_score(data, plan, manifest, version)
    assert found.score == pytest.approx(fit.held_out_score)
    assert found.reason == ""


def test_a_version_of_fewer_fields_is_scored_on_its_own(labelled: Dataset) -> None:
    plan = planned("classification", "roc_auc")
    few = Schema(tuple(field for field in labelled.schema.fields if field.name in {"amount", "member"}))
    narrow = replace(labelled, frame=labelled.frame[list(few.names)], schema=few)
    fit, manifest, version = loaded(narrow, plan)
    assert held_out_score(labelled, plan, manifest, version).score == pytest.approx(fit.held_out_score)


OTHERS: dict[str, tuple[Callable[[Manifest], Manifest], str]] = {
    "another task": (lambda manifest: replace(manifest, task="regression"), "is for regression"),
    "a field that is missing": (
        lambda manifest: replace(manifest, schema=Schema((Field(name="shoe size", kind=Kind.NUMBER),))),
        "lacks the version's field 'shoe size'",
    ),
    "a field of another kind": (
        lambda manifest: replace(manifest, schema=Schema((Field(name="amount", kind=Kind.TEXT),))),
        "'amount' is a text, and a number here",
    ),
    "other labels": (lambda manifest: replace(manifest, classes=("no", "perhaps")), "other labels"),
}


@pytest.mark.parametrize(("change", "reason"), OTHERS.values(), ids=OTHERS)
def test_a_version_that_does_not_fit_the_snapshot_has_no_score_but_a_reason(
    labelled: Dataset, change: Callable[[Manifest], Manifest], reason: str
) -> None:
    plan = planned("classification", "roc_auc")
    _, manifest, version = loaded(labelled, plan)
    found = held_out_score(labelled, plan, change(manifest), version)
    assert found.score is None
    assert reason in found.reason


def test_a_version_that_does_not_answer_has_no_score_but_a_reason(labelled: Dataset) -> None:
    plan = planned("classification", "roc_auc")
    _, manifest, _ = loaded(labelled, plan)
    broken = SklearnRuntime(Broken(), labelled.schema, "classification")
    expected = Compared(None, "The version does not answer the held-out rows.")
    assert held_out_score(labelled, plan, manifest, broken) == expected
