"""What a diagnosis looks at: rows that no fold has seen, and what the version answers to them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flyball.domain.errors import DataError
from flyball.domain.routing import Manifest
from flyball.domain.values import Scalar, canonical, label_of, label_text
from flyball.inference.frame import scalars
from flyball.inference.runtime import Runtime
from flyball.learning.comparison import unfit
from flyball.learning.dataset import Dataset
from flyball.learning.paired import Answers, Judge, Labelled
from flyball.learning.selection import Plan
from flyball.learning.splitting import splits

MOST_CURVES = 6
"""Classes that curves are drawn of: the most frequent ones, where there are more."""
Rows = Sequence[Mapping[str, Scalar]]
MOST_ROWS = 20_000
"""Held-out rows that are looked at, drawn where there are more: no chart would show what more of them add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Held-out ``rows`` and a version's answers to them; ``training`` are those it may have learned from.

    ``inputs`` are the rows as servers take them, ``classes`` the labels in the order of probabilities, and
    ``seconds`` is how long answering one row took.
    """

    plan: Plan
    training: Dataset
    rows: Dataset
    inputs: list[dict[str, Scalar]]
    manifest: Manifest
    runtime: Runtime
    answers: Answers
    seconds: float

    @property
    def classes(self) -> tuple[Scalar, ...]:
        """The labels, in the order of probabilities."""
        return self.manifest.classes

    @property
    def is_binary(self) -> bool:
        """Whether it answers one of two labels."""
        return len(self.classes) == 2

    @property
    def counted(self) -> list[int]:
        """The places of the classes that curves are drawn of, of two labels the positive one's.

        Of more, the ``MOST_CURVES`` that happened most often.
        """
        if not self.is_binary:
            happened = [canonical(each) for each in self.happened.tolist()]
            often = Counter(label_text(each) for each in happened)
            order = sorted(range(len(self.classes)), key=lambda each: -often[label_text(self.classes[each])])
            return sorted(order[:MOST_CURVES])
        positive = label_of(self.plan.positive, self.classes)
        return [1 if positive is None else self.classes.index(positive)]

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """Shape (rows, classes)."""
        assert self.answers.probabilities is not None  # noqa: S101 - answers with labels have them
        return self.answers.probabilities

    @property
    def happened(self) -> npt.NDArray[Any]:
        """What really happened. Raises ``DataError`` where there are none."""
        return self.rows.labels

    @property
    def labelled(self) -> Labelled:
        """The rows as a judge takes them."""
        units = np.asarray(self.rows.groups, dtype=np.intp)
        return Labelled(happened=self.happened, units=units, weights=self.rows.weights)

    def judge(self) -> Judge:
        """The build's metric, for recorded answers."""
        plan = self.plan
        return Judge(plan.metric, plan.task, classes=self.classes, positive=plan.positive, seed=plan.seed)


def held(dataset: Dataset, plan: Plan, manifest: Manifest, runtime: Runtime) -> Held:
    """A loaded version's answers to the rows that ``select`` sets aside, at most ``MOST_ROWS`` of them.

    Raises ``DataError`` where the version does not fit the rows, or these cannot be split, and
    ``ModelFailed``.
    """
    if reason := unfit(dataset, plan, manifest):
        raise DataError(reason)
    train, test = splits.held_out(dataset, plan.task, plan.seed)
    if len(test) > MOST_ROWS:
        test = np.sort(np.random.default_rng(plan.seed).permutation(test)[:MOST_ROWS])
    rows = dataset.take(test)
    names = manifest.schema.names
    inputs = [{name: row[name] for name in names} for row in scalars(rows.schema, rows.frame)]
    started = time.perf_counter()
    outputs = runtime.predict(inputs)
    seconds = (time.perf_counter() - started) / len(inputs)
    return Held(
        plan=plan,
        training=dataset.take(train),
        rows=rows,
        inputs=inputs,
        manifest=manifest,
        runtime=runtime,
        answers=answers(manifest, outputs),
        seconds=seconds,
    )


def answers(manifest: Manifest, outputs: Sequence[Mapping[str, Any]]) -> Answers:
    """Outputs of a version as arrays."""
    if manifest.task == "regression":
        return Answers(values=np.array([each["value"] for each in outputs], dtype=np.float64))
    if manifest.task == "anomaly_detection":
        return Answers(values=np.array([each["score"] for each in outputs], dtype=np.float64))
    if manifest.task == "clustering":
        return Answers(values=np.array([each["cluster"] for each in outputs], dtype=np.intp))
    names = [label_text(label) for label in manifest.classes]
    return Answers(
        values=np.array([each["label"] for each in outputs]),
        probabilities=np.array(
            [[each["probabilities"][name] for name in names] for each in outputs], dtype=np.float64
        ).reshape(len(outputs), len(names)),
    )
