"""Compiled means proven: every row that a version learned from is answered by both, and compared."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from flyball.domain.errors import ModelFailed
from flyball.domain.schema import Schema
from flyball.domain.values import Scalar
from flyball.inference.frame import scalars
from flyball.inference.runtime import Runtime
from flyball.learning.dataset import Dataset

LARGEST_ERROR = 1e-6
"""How far probabilities and scores may lie apart (absolute), and values (relative: see ``compared``)."""
TOGETHER = 4096
"""Rows that are asked at once."""
ALONE = 1000
"""Rows that the compiled version is asked one by one as well."""

Row = Mapping[str, Scalar]
Output = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the comparison found.

    ``rows`` were compared in company and ``alone`` of them one by one; ``flips`` got another label, cluster
    or flag; ``error`` is the largest of a probability or value; ``microseconds`` the median of a row alone.
    ``failure`` says that one of the two gave no answer.
    """

    rows: int = 0
    alone: int = 0
    flips: int = 0
    error: float = 0.0
    microseconds: float = 0.0
    failure: str = ""

    @property
    def reason(self) -> str:
        """Why the compiled version may not answer; empty where it may."""
        if self.failure:
            return self.failure
        if self.flips:
            return f"Compiled, {self.flips} of {self.rows + self.alone} answers get another label."
        if not self.error <= LARGEST_ERROR:
            return f"Compiled, an answer is {self.error:.1e} off; {LARGEST_ERROR:.0e} is allowed."
        return ""


def compared(fitted: Runtime, compiled: Runtime, dataset: Dataset, schema: Schema) -> Verdict:
    """The verdict on a compiled version beside the fitted pipeline, over all rows of a dataset.

    A value's error is relative to the value or to the deviation of all outcomes, whichever is larger: beside
    them, the last bits of a value near zero mean nothing.
    """
    spread = _spread(dataset)
    chosen = np.linspace(0, len(dataset) - 1, min(ALONE, len(dataset)), dtype=np.int64)
    flips, error = 0, 0.0
    nanoseconds: list[int] = []
    for start in range(0, len(dataset), TOGETHER):
        rows = scalars(schema, dataset.frame.iloc[start : start + TOGETHER])
        try:
            expected, found = fitted.predict(rows), compiled.predict(rows)
            single = [row - start for row in chosen.tolist() if start <= row < start + len(rows)]
            answers = [_timed(compiled, rows[place], nanoseconds) for place in single]
        except ModelFailed as reason:
            return Verdict(failure=f"Some row gets no answer: {reason}")
        pairs = [*zip(expected, found, strict=True)]
        pairs += [(expected[place], answer) for place, answer in zip(single, answers, strict=True)]
        flips += sum(_is_flip(*pair) for pair in pairs)
        # By numpy: Python's own max passes over what is not a number.
        error = float(np.max([error, *(_error(*pair, spread) for pair in pairs)]))
    return Verdict(
        rows=len(dataset),
        alone=len(nanoseconds),
        flips=flips,
        error=error,
        microseconds=float(np.median(nanoseconds)) / 1000,
    )


def _timed(compiled: Runtime, row: Row, nanoseconds: list[int]) -> dict[str, Any]:
    began = time.perf_counter_ns()
    (answer,) = compiled.predict([row])
    nanoseconds.append(time.perf_counter_ns() - began)
    return answer


def _is_flip(expected: Output, found: Output) -> bool:
    names = {"label", "cluster", "is_anomaly"} & expected.keys()
    return any(
        type(expected[each]) is not type(found[each]) or expected[each] != found[each] for each in names
    )


def _spread(dataset: Dataset) -> float:
    is_number = dataset.target is not None and dataset.target.dtype.kind == "f"
    return float(np.std(dataset.labels)) if is_number else 0.0


def _error(expected: Output, found: Output, spread: float) -> float:
    if "probabilities" in expected:
        return _largest(expected["probabilities"], found["probabilities"])
    if "score" in expected:
        return float(abs(expected["score"] - found["score"]))
    if "value" in expected:
        apart = abs(expected["value"] - found["value"])
        return float(apart / max(spread, abs(expected["value"]))) if apart else 0.0
    return 0.0


def _largest(expected: Mapping[str, float], found: Mapping[str, float]) -> float:
    return float(np.max([abs(number - found[name]) for name, number in expected.items()]))


def facts(verdict: Verdict) -> dict[str, Any]:
    """The verdict as a version keeps it."""
    return {
        "rows": verdict.rows,
        "alone": verdict.alone,
        "flips": verdict.flips,
        "largest_error": verdict.error if math.isfinite(verdict.error) else None,
        "microseconds": round(verdict.microseconds, 1),
    }
