"""One point of a candidate, fitted: on no more rows than it takes, and an ensemble from its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from flyball.domain.errors import ModelFailed
from flyball.learning.candidates import SearchCandidate
from flyball.learning.dataset import Dataset
from flyball.learning.searching.ensembles.combining import combined
from flyball.learning.searching.ensembles.parts import AND, WEIGHTS, parted
from flyball.learning.searching.plan import Plan
from flyball.learning.weighing.fitting import fitted

BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Fitting:
    """All candidates of a plan, to be fitted; ``monotonic`` is the plan's, of the fields that there are."""

    candidates: Mapping[str, SearchCandidate]
    plan: Plan
    monotonic: Mapping[str, int] = field(default_factory=dict)

    def fitted(self, name: str, parameters: Mapping[str, Any], rows: Dataset) -> Any:
        """A candidate's pipeline, fitted. Raises whatever an estimator may."""
        candidate = self.candidates[name]
        if candidate.is_ensemble:
            parts = parted(parameters, self.candidates)
            fits = {part: partial(self.fitted, part, own) for part, own in parts.items()}
            return combined(name, fits, rows, self.plan)
        if candidate.rows is not None and len(rows) > candidate.rows:
            drawn = np.random.default_rng(self.plan.seed).permutation(len(rows))[: candidate.rows]
            rows = rows.take(np.sort(drawn))
        # The baseline says how frequent labels are.
        is_balanced = self.plan.weighing.is_balanced and name != BASELINE
        pipeline = fitted(candidate.make(parameters), rows, self.monotonic, is_balanced=is_balanced)
        wanted = "predict" if rows.target is None or rows.target.dtype.kind == "f" else "predict_proba"
        if not hasattr(pipeline, wanted):
            raise ModelFailed(f"The estimator has no {wanted}.")
        return pipeline

    def told(self, name: str, pipeline: Any) -> dict[str, str]:
        """What a leaderboard tells of a fitted blend beside its parameters: its parts by weight."""
        given = getattr(pipeline, "weights", None)
        if not self.candidates[name].is_ensemble or given is None:
            return {}
        order = sorted(zip(given, pipeline.estimators, strict=True), key=lambda each: -each[0])
        return {WEIGHTS: AND.join(f"{weight:.2f} {part}" for weight, (part, _) in order)}
