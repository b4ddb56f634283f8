"""Any version's score on the rows that a build holds out, to compare versions on the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from flyball.domain.errors import ModelFailed
from flyball.domain.routing import Manifest
from flyball.domain.schema import Schema
from flyball.domain.values import canonical, label_text
from flyball.inference.frame import scalars
from flyball.inference.runtime import Runtime
from flyball.learning.dataset import Dataset
from flyball.learning.scoring import scorer
from flyball.learning.selection import Plan
from flyball.learning.splitting import splits


@dataclass(frozen=True, slots=True)
class Compared:
    """A version's score, greater is better, or why there is none."""

    score: float | None
    reason: str = ""


def held_out_score(dataset: Dataset, plan: Plan, manifest: Manifest, runtime: Runtime) -> Compared:
    """A loaded version's score, by the plan's metric, on the rows that ``select`` sets aside.

    There is none, and a reason, where the version answers another task, has a field that the snapshot lacks
    or knows as another kind, does not know one of the labels, or fails to answer. A version that was built
    from a snapshot with the same rows may have learned from some of those held out here, where rows have no
    time; its score is then too good. Raises ``DataError`` where the rows cannot be split.
    """
    reason = unfit(dataset, plan, manifest)
    if reason:
        return Compared(None, reason)
    held_out = dataset.take(splits.held_out(dataset, plan.task, plan.seed)[1])
    score = scorer(plan.metric, dataset, plan.task, positive=plan.positive, seed=plan.seed)
    try:
        found = score(as_estimator(manifest, runtime, dataset.schema), held_out)
    except (ModelFailed, ValueError):
        return Compared(None, "The version does not answer the held-out rows.")
    if not np.isfinite(found):
        return Compared(None, "The metric is not defined on the held-out rows.")
    return Compared(found)


def unfit(dataset: Dataset, plan: Plan, manifest: Manifest) -> str:
    """Why a version cannot be asked about a snapshot's rows, as a sentence; empty where it can."""
    if manifest.task != plan.task:
        return f"The version is for {manifest.task}."
    kinds = {field.name: field.kind for field in dataset.schema.fields}
    for field in manifest.schema.fields:
        if field.name not in kinds:
            return f"The snapshot lacks the version's field {field.name!r}."
        if kinds[field.name] != field.kind:
            return f"The version's field {field.name!r} is a {field.kind}, and a {kinds[field.name]} here."
    if plan.task == "classification":
        labels = {canonical(label) for label in np.unique(dataset.labels)}
        if labels != set(manifest.classes):
            return "The version has other labels than the snapshot."
    return ""


def as_estimator(manifest: Manifest, runtime: Runtime, schema: Schema) -> Any:
    """A loaded version as scikit-learn's scorers ask a model, for frames of the snapshot's schema."""
    kinds = {"classification": _Labels, "regression": _Values, "anomaly_detection": _Scores}
    kind = kinds.get(manifest.task, _Clusters)
    return kind(manifest, runtime, schema)


class _Values(BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """A loaded version as scikit-learn's scorers ask a model: the values of a frame's rows."""

    output = "value"

    def __init__(self, manifest: Manifest, runtime: Runtime, schema: Schema) -> None:
        self.manifest = manifest
        self.runtime = runtime
        self.schema = schema

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """One value a row."""
        return np.array([answer[self.output] for answer in self.outputs(frame)])

    def outputs(self, frame: pd.DataFrame) -> list[dict[str, Any]]:
        """The version's outputs for its own fields of a frame in the snapshot's schema."""
        names = self.manifest.schema.names
        rows = [{name: row[name] for name in names} for row in scalars(self.schema, frame)]
        return self.runtime.predict(rows)


class _Clusters(_Values):
    """The clusters of a frame's rows."""

    output = "cluster"


class _Scores(_Values):
    """The anomaly scores of a frame's rows."""

    output = "score"

    def score_samples(self, frame: pd.DataFrame) -> np.ndarray:
        """The opposite of each row's score."""
        return -self.predict(frame)


class _Labels(ClassifierMixin, _Values):  # type: ignore[misc] # scikit-learn is untyped
    """The labels of a frame's rows, and their probabilities in the order of ``classes_``."""

    output = "label"

    def __init__(self, manifest: Manifest, runtime: Runtime, schema: Schema) -> None:
        super().__init__(manifest, runtime, schema)
        self.classes_ = np.array(manifest.classes)

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray:
        """Probabilities, shape (rows, classes)."""
        names = [label_text(label) for label in self.manifest.classes]
        return np.array([[answer["probabilities"][name] for name in names] for answer in self.outputs(frame)])
