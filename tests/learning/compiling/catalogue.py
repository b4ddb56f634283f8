"""Every family of the catalogue, learned and compiled, and what is served beside what scikit-learn says."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning

from flyball.domain.routing import Artifact, Manifest
from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar, canonical, label_text
from flyball.inference import runtime
from flyball.inference.frame import scalars
from flyball.inference.sklearn_runtime import SklearnRuntime
from flyball.learning.candidates import BuildContext, SearchCandidate, search_candidates
from flyball.learning.catalog import CATALOG
from flyball.learning.compiling.version import with_compiled
from flyball.learning.dataset import Dataset, read
from tests.learning import census, rows

FAMILIES = [(task, name) for task, entries in CATALOG.items() for name in ("baseline", *entries)]
BROUGHT: Mapping[str, Sequence[Callable[[], Any]]] = {
    "classification": (load_breast_cancer, load_iris),
    "regression": (load_diabetes,),
    "clustering": (load_iris,),
    "anomaly_detection": (load_breast_cancer, load_iris),
}
MIXED = 400
"""Rows with numbers, booleans, categories, texts and moments, a tenth of each missing."""
LEARNED = 2_000
"""Rows of the census that are learned from; all are compared."""

Outputs = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a family is compiled to on one table.

    ``reason`` says why it is not. Of all ``rows``, asked together and one by one, ``flips`` got another label
    or cluster than from scikit-learn; ``error`` is the largest of a probability, or of a value relative to
    itself or the deviation of all. ``microseconds`` is the median of a row alone, as the gate has it.
    """

    table: str
    reason: str = ""
    rows: int = 0
    flips: int = 0
    error: float = 0.0
    microseconds: float = 0.0


@cache
def bundled(task: str) -> Mapping[str, Dataset]:
    """Tables for a task: some that scikit-learn brings, then ``mixed``."""
    found = {load.__name__: _brought(load(), task) for load in BROUGHT[task]}
    with tempfile.TemporaryDirectory() as folder:
        return {**found, "mixed": rows.dataset(Path(folder), task=task, size=MIXED)}


def _brought(table: Any, task: str) -> Dataset:
    names = [str(name) for name in table.feature_names]
    known = [dict(zip(names, values, strict=True)) for values in table.data.tolist()]
    outcomes = {
        "classification": lambda: np.array(table.target_names)[table.target],
        "regression": lambda: table.target,
        "clustering": lambda: None,
        "anomaly_detection": lambda: None,
    }
    schema = Schema(tuple(Field(name=name, kind=Kind.NUMBER) for name in names))
    return rows.given(schema, known, outcomes[task]())


@cache
def of_census(task: str) -> Dataset:
    """The census: who earns much, how long one works, or all of it without an outcome."""
    outcome = {"classification": "income", "regression": "hours-per-week"}.get(task)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "census.parquet"
        return read(path, census.snapshot(path, outcome), task)


@cache
def on_bundled(task: str, name: str) -> Sequence[Found]:
    """A family on each bundled table, learned from half of its rows, with each encoding of categories."""
    return [
        found
        for table, data in bundled(task).items()
        for found in examined(task, name, table, data, len(data) // 2)
    ]


def on_census(task: str, name: str) -> Sequence[Found]:
    """A family on the census."""
    return [*examined(task, name, "census", of_census(task), LEARNED)]


def examined(task: str, name: str, table: str, data: Dataset, learned: int) -> Iterator[Found]:
    """A family with the parameters that are tried next to the defaults, with each encoding."""
    order = np.random.default_rng(5).permutation(len(data))
    known, held_out = data.take(order[:learned]), data.take(order[learned:])
    context = BuildContext(schema=data.schema, task=task, seed=3, feature_sets={})
    (candidate,) = (each for each in search_candidates([*CATALOG[task]], context) if each.name == name)
    for point in _points(candidate):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = candidate.make(point).fit(known.frame, known.target)
        yield _compiled(task, table, model, known, held_out)


def _points(candidate: SearchCandidate) -> Iterator[Mapping[str, Any]]:
    first = candidate.start or candidate.defaults
    encodings = candidate.space.get("encoding")
    for encoding in getattr(encodings, "choices", ("one-hot",)):
        yield {**first, "encoding": encoding}


def _compiled(task: str, table: str, model: Any, known: Dataset, held_out: Dataset) -> Found:
    schema = known.schema
    labels = model.classes_ if task == "classification" else ()
    blank = Manifest(
        endpoint="any",
        number=0,
        task=task,
        artifacts=(Artifact(role="pipeline", digest="", runtime="scikit-learn"),),
        schema=schema,
        classes=tuple(canonical(label) for label in labels),
    )
    manifest, data, proof = with_compiled(blank, model, SklearnRuntime(model, schema, task), known)
    if data is None:
        return Found(table=table, reason=proof["reason"])
    served = runtime.load(manifest, data)
    flips, error, asked = 0, 0.0, 0
    for part in (known, held_out):
        given = scalars(schema, part.frame)
        for outputs in (served.predict(given), _alone(served, given)):
            found = _differences(task, model, part, outputs)
            flips, error, asked = flips + found[0], max(error, found[1]), asked + len(given)
    return Found(table=table, rows=asked // 2, flips=flips, error=error, microseconds=proof["microseconds"])


def _alone(served: runtime.Runtime, given: Sequence[Mapping[str, Scalar]]) -> Outputs:
    return [served.predict([row])[0] for row in given]


def _differences(task: str, model: Any, part: Dataset, outputs: Outputs) -> tuple[int, float]:
    """Flips, and the largest error: not by the runtime of scikit-learn but by the library's own methods."""
    if task == "anomaly_detection":
        return 0, float(np.abs(model.score_samples(part.frame) + [each["score"] for each in outputs]).max())
    said = model.predict(part.frame)
    if task == "regression":
        apart = np.abs(said - np.array([output["value"] for output in outputs]))
        return 0, float(np.max(apart / np.maximum(np.abs(said), np.std(part.labels))))
    name = "label" if task == "classification" else "cluster"
    flips = sum(output[name] != canonical(value) for output, value in zip(outputs, said, strict=True))
    if task == "clustering":
        return flips, 0.0
    names = [label_text(canonical(label)) for label in model.classes_]
    found = np.array([[output["probabilities"][label] for label in names] for output in outputs])
    return flips, float(np.max(np.abs(found - model.predict_proba(part.frame))))
