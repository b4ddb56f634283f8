"""From a packaged version to the artifact that explains its answers, proven on its golden rows."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from flyball.domain.errors import FlyballError
from flyball.domain.routing import REASONS, Artifact, Manifest
from flyball.domain.values import label_text
from flyball.inference.compiled import document as compiled_document
from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.estimators import centres, linear, trees
from flyball.inference.frame import scalars
from flyball.inference.reasons import document
from flyball.inference.reasons.opening import compiled_of, opened, verify
from flyball.inference.runtime import Runtime
from flyball.learning.compiling.estimators.trees import covers
from flyball.learning.dataset import Dataset
from flyball.learning.explaining.values import values_of

TOGETHER = 4096
"""Rows that are encoded at once."""
ASKED = 1000
"""Rows whose answers are averaged where they cannot be computed from means."""
UNUSED = "It tells why the version answers as it does."
"""Why an artifact that explains does not answer."""
NONE = "There are reasons only for clusters with centres."


def with_reasons(
    manifest: Manifest,
    model: Any,
    runtime: Runtime,
    compiled: bytes | None,
    dataset: Dataset,
    background: int = 0,
    changeable: Sequence[str] = (),
) -> tuple[Manifest, bytes | None, str]:
    """The manifest with an artifact that explains, its bytes, and the method.

    Without bytes: why there is none. ``runtime`` is what answers, ``compiled`` its compiled artifact, where
    it has one. Of trees, a ``background`` above 0 is of how many rows; ``changeable`` are fields that a
    person can change. Raises nothing: a version without reasons answers as well.
    """
    try:
        basis = _basis(manifest, model, runtime, compiled, dataset, background)
        if basis is None:
            return manifest, None, NONE
        own = [name for name in manifest.schema.names if name in changeable]
        data = document.written(manifest.schema, compiled_of(manifest) if compiled else "", basis, own)
        complete = _with_artifact(manifest, data)
        explainer = opened(complete, data, compiled, runtime)
        verify(complete, explainer)
    except FlyballError as error:
        return manifest, None, str(error)
    except Exception as error:  # noqa: BLE001 - a model of the user's own may lack what its type has
        return manifest, None, f"Its answers cannot be explained ({type(error).__name__})."
    return complete, data, explainer.method


def _with_artifact(manifest: Manifest, data: bytes) -> Manifest:
    own = Artifact(role=REASONS, digest=hashlib.sha256(data).hexdigest(), runtime=REASONS, unused=UNUSED)
    return replace(manifest, artifacts=(*manifest.artifacts, own))


def _basis(
    manifest: Manifest,
    model: Any,
    runtime: Runtime,
    compiled: bytes | None,
    dataset: Dataset,
    background: int,
) -> document.Basis | None:
    is_calibrated = manifest.finish is not None and manifest.finish.calibration is not None
    # What a model adds up is another number than the calibrated one: only the answers themselves explain it.
    if compiled is not None and not is_calibrated:
        estimator = compiled_document.parsed(compiled, manifest.schema).estimator
        if isinstance(estimator, linear.Linear):
            return document.Linear(packed(_means(model, dataset)))
        if isinstance(estimator, trees.Trees) and (found := covers(_last(model))).min() > 0:
            return document.Trees(packed(found), _background(model, dataset, background))
        if isinstance(estimator, centres.Centres | centres.Halves):
            means = _means(model, dataset)
            return document.Distances(packed(means), packed(_variances(model, dataset, means)))
    if manifest.task == "clustering":
        return None
    return _ablation(manifest, runtime, dataset)


def _ablation(manifest: Manifest, runtime: Runtime, dataset: Dataset) -> document.Ablation:
    rows = scalars(manifest.schema, dataset.take(_spread(dataset, ASKED)).frame)
    outputs = runtime.predict(rows)
    if manifest.classes:
        names = [label_text(label) for label in manifest.classes]
        answers = [[each["probabilities"][name] for name in names] for each in outputs]
    else:
        answers = [[each["value"] if "value" in each else each["score"]] for each in outputs]
    base = np.array(answers, dtype=np.float64).mean(axis=0)
    return document.Ablation(packed(base), values_of(dataset, manifest.schema))


def _background(model: Any, dataset: Dataset, rows: int) -> Any:
    if not rows:
        return None
    return packed(_encoded(model, dataset.take(_spread(dataset, rows)).frame))


def _spread(dataset: Dataset, rows: int) -> np.ndarray:
    """So many rows, as far from each other as can be."""
    return np.linspace(0, len(dataset) - 1, min(rows, len(dataset)), dtype=np.int64)


def _means(model: Any, dataset: Dataset) -> np.ndarray:
    """The mean of each column that the estimator takes, over all rows."""
    sums = [part.sum(axis=0) for part in _parts(model, dataset)]
    return np.asarray(np.sum(sums, axis=0) / len(dataset))


def _variances(model: Any, dataset: Dataset, means: np.ndarray) -> np.ndarray:
    sums = [((part - means) ** 2).sum(axis=0) for part in _parts(model, dataset)]
    return np.asarray(np.sum(sums, axis=0) / len(dataset))


def _parts(model: Any, dataset: Dataset) -> Iterator[np.ndarray]:
    for start in range(0, len(dataset), TOGETHER):
        yield _encoded(model, dataset.frame.iloc[start : start + TOGETHER])


def _encoded(model: Any, frame: Any) -> np.ndarray:
    """The columns that the last estimator takes, float64, shape (rows, columns)."""
    while hasattr(model, "steps"):
        for _, step in itertools.islice(model.steps, len(model.steps) - 1):
            frame = frame if step is None or step == "passthrough" else step.transform(frame)
        model = model.steps[-1][1]
    return np.asarray(frame.toarray() if hasattr(frame, "toarray") else frame, dtype=np.float64)


def _last(model: Any) -> Any:
    while hasattr(model, "steps"):
        model = model.steps[-1][1]
    return model
