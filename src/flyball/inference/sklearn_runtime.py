"""Answering with scikit-learn itself: a skops artifact, opened only after its audit."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from flyball.domain.errors import ArtifactCorrupt, ModelFailed
from flyball.domain.routing import Manifest
from flyball.domain.schema import Schema
from flyball.domain.values import Scalar, canonical, label_text
from flyball.inference import allowlist
from flyball.inference.frame import frame

Rows = Sequence[Mapping[str, Scalar]]

LIKELIEST = frozenset(
    {
        "LogisticRegression",
        "RandomForestClassifier",
        "ExtraTreesClassifier",
        "HistGradientBoostingClassifier",
        "LightGBMClassifier",
        "XGBoostClassifier",
        "CalibratedClassifierCV",
        "KNeighborsClassifier",
        "GaussianNB",
        "DummyClassifier",
        "VotingClassifier",  # of labels alone it has no probabilities
    }
)
"""Classifiers whose label is the one of highest probability: asking them twice would cost double."""


def opened(manifest: Manifest, data: bytes, trusted: Container[str] = ()) -> SklearnRuntime:
    """The artifact as a runtime. Raises ``ArtifactUntrusted`` before anything is built from it."""
    model = allowlist.construct(data, trusted)
    if not hasattr(model, "predict"):
        raise ArtifactCorrupt("The artifact holds no model.")
    return SklearnRuntime(model, manifest.schema, manifest.task)


class SklearnRuntime:
    """A fitted scikit-learn pipeline over the schema's data frame: milliseconds a call, so never direct."""

    direct = False

    def __init__(self, model: Any, schema: Schema, task: str) -> None:
        self._model = model
        self._schema = schema
        self._threads = ThreadpoolController()
        self._outputs = {
            "classification": self._labels,
            "regression": self._values,
            "anomaly_detection": self._scores,
        }.get(task, self._clusters)

    def predict(self, rows: Rows) -> list[dict[str, Any]]:
        """One output a row, in order. Raises ``ModelFailed``."""
        if not rows:
            return []
        try:
            # One thread a call: several small calls that wait for each other's threads are 50 times slower.
            with self._threads.limit(limits=1, user_api="openmp"):
                outputs = self._outputs(frame(self._schema, rows))
        except ModelFailed:
            raise
        except Exception as error:  # noqa: BLE001 - a model of the user's own may raise anything
            # The message may repeat a value that was sent; only its kind is told.
            raise ModelFailed(f"The model gave no answer ({type(error).__name__}).") from None
        if len(outputs) != len(rows):
            raise ModelFailed("The model gave more or fewer answers than there are rows.")
        return outputs

    def _labels(self, inputs: Any) -> list[dict[str, Any]]:
        probabilities = _finite(self._model.predict_proba(inputs))
        classes = [canonical(label) for label in self._model.classes_]
        names = [label_text(label) for label in classes]
        if _last_step(self._model) in LIKELIEST:
            labels = [classes[best] for best in probabilities.argmax(axis=1)]
        else:
            labels = [canonical(label) for label in self._model.predict(inputs)]
        return [
            {"label": label, "probabilities": dict(zip(names, row, strict=True))}
            for label, row in zip(labels, probabilities.tolist(), strict=True)
        ]

    def _values(self, inputs: Any) -> list[dict[str, Any]]:
        return [{"value": value} for value in _finite(self._model.predict(inputs)).ravel().tolist()]

    def _scores(self, inputs: Any) -> list[dict[str, Any]]:
        scores = -_finite(self._model.score_samples(inputs)).ravel()
        return [{"score": score} for score in scores.tolist()]

    def _clusters(self, inputs: Any) -> list[dict[str, Any]]:
        return [{"cluster": int(cluster)} for cluster in self._model.predict(inputs)]


def _last_step(model: Any) -> str:
    while hasattr(model, "steps"):
        model = model.steps[-1][1]
    return type(model).__name__


def _finite(numbers: Any) -> np.ndarray:
    array = np.asarray(numbers, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ModelFailed("The model gave a number that is not finite.")
    return array
