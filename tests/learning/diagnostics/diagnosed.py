"""A version of each of the catalogue's families, diagnosed as a server would ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from flyball.domain.declaration import UNSUPERVISED
from flyball.domain.finishing.finish import Finish
from flyball.inference import runtime
from flyball.learning.catalog import CATALOG
from flyball.learning.dataset import Dataset
from flyball.learning.diagnostics import inspecting
from flyball.learning.diagnostics.diagnosing import Diagnosis, diagnose
from flyball.learning.diagnostics.searched import Fitted, Trial
from flyball.learning.package import packaged
from flyball.learning.pipeline import prepared
from flyball.learning.selection import Plan
from flyball.learning.splitting import splits
from tests.learning import rows
from tests.learning.trees import with_few_trees

METRICS = {
    "classification": "roc_auc",
    "regression": "r2",
    "clustering": "silhouette",
    "anomaly_detection": "mass_volume",
}
FAMILIES = [(task, name) for task, entries in CATALOG.items() for name in entries]


@dataclass(frozen=True)
class Diagnosed:
    """``pipeline`` is what was fitted: scikit-learn's own answers are asked of it."""

    pipeline: Any
    training: Dataset
    held_out: Dataset
    plan: Plan
    found: Diagnosis

    def columns(self, table: str, **where: Any) -> dict[str, list[Any]]:
        """A table by its columns, of the rows that have these values."""
        known = self.found.tables[table]
        kept = [
            row
            for row in known.rows
            if all(row[known.columns.index(name)] == value for name, value in where.items())
        ]
        return {name: [row[place] for row in kept] for place, name in enumerate(known.columns)}


@cache
def diagnosed(
    task: str,
    name: str,
    outcomes: Sequence[Any] = (),
    *,
    size: int = 400,
    timed: bool = False,
    finish: Finish | None = None,
) -> Diagnosed:
    """A version of a family; once for all tests that look at it."""
    with TemporaryDirectory() as folder:
        given = {"outcomes": outcomes} if outcomes else {}
        data = rows.dataset(Path(folder), task=task, size=size, timed=timed, **given)
    plan = Plan(task=task, metric=METRICS[task], candidates=[name])
    train, test = splits.held_out(data, task, plan.seed)
    entry = CATALOG[task][name]
    own = task in UNSUPERVISED
    parameters = entry.start if own else {"keep": 100}
    estimator = with_few_trees(entry.make(0).set_params(**(entry.start if own else {})))
    pipeline = prepared(data.schema, estimator, task=task, filled=not entry.takes_missing)
    training = data.take(train)
    pipeline.fit(training.frame, training.target)
    made = packaged(pipeline, training, data.schema, endpoint="test", task=task, finish=finish)
    fitted = Fitted(
        candidate=name,
        parameters=parameters,
        trials=[
            Trial(point=1, rung=0, parameters={"keep": 50}, scores=[0.25, 0.75]),
            Trial(point=2, rung=0, parameters={"keep": 100}, scores=[0.75, None]),
        ],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspecting, "SECONDS", 3600.0)  # of all rows, however busy the machine is
        found = diagnose(
            data, plan, made.manifest, runtime.load(made.manifest, made.answering), fitted=fitted
        )
    return Diagnosed(pipeline, training, data.take(test), plan, found)
