"""``python -m benchmarks.boosting``: LightGBM and XGBoost, compiled, beside the libraries' own answers."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

from benchmarks import census
from benchmarks.machine import processor
from benchmarks.tables import table, written
from flyball.inference import runtime

README = Path(__file__).parents[1] / "README.md"
BY = "python -m benchmarks.boosting"
HEAD = (
    *("candidate", "held-out roc_auc", "the library's", "largest difference"),
    *("µs for a row, compiled", "µs by the library, its columns ready"),
)
Asking = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    """Learn from three quarters of the rows, ask the others, print the table, write it into README.md."""
    options = _options()
    data = census.read(options.csv)
    learned, held = train_test_split(
        np.arange(len(data.table)), test_size=0.25, random_state=0, stratify=data.target
    )
    rows = [_row(name, data, np.sort(learned), np.sort(held), options) for name in NAMES]
    made = table(HEAD, rows)
    facts = f"{data.name}; {processor()}, {datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.0f}."
    print(f"\n{made}\n\n{facts}")
    if not options.quick:
        README.write_text(written(README.read_text(), {"boosting": f"{made}\n\n{facts}"}, BY))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--csv", type=Path, default=os.environ.get("FLYBALL_BENCHMARK_CSV"))
    parser.add_argument("--rows", type=int, default=300, help="rows that are asked one by one")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked, in both ways")
    parser.add_argument("--quick", action="store_true", help="prints, and writes nothing")
    return parser.parse_args()


def _row(
    name: str, data: census.Data, learned: np.ndarray, held: np.ndarray, options: argparse.Namespace
) -> list[str]:
    part = _taken(data, learned)
    model = census.fitted(part, name)
    answering = runtime.load(model.package.manifest, model.package.answering)
    if model.package.manifest.answering.runtime != "compiled":
        raise SystemExit(f"{name} is not compiled: {model.package.compiling['reason']}")
    rest = _taken(data, held)
    truth = rest.target == model.pipeline.classes_[1]
    rows = [dict(zip(data.schema.names, each, strict=True)) for each in rest.table.to_numpy(object).tolist()]
    label = str(model.pipeline.classes_[1])
    answers = np.array([each["probabilities"][label] for each in answering.predict(rows)])
    ask = NAMES[name](model.pipeline[-1], model.pipeline[:-1].transform(part.table), part.target)
    columns = np.ascontiguousarray(model.pipeline[:-1].transform(rest.table), dtype=np.float64)
    said = ask(columns)
    own, library = [], []
    for _ in range(options.rounds):
        own += _timed([partial(answering.predict, [row]) for row in rows[: options.rows]])
        singles = [columns[place : place + 1] for place in range(options.rows)]
        library += _timed([partial(ask, row) for row in singles])
    return [
        f"`{name}`",
        f"{roc_auc_score(truth, answers):.4f}",
        f"{roc_auc_score(truth, said):.4f}",
        f"{np.abs(answers - said).max():.0e}",
        f"{statistics.median(own) * 1e6:,.0f}",
        f"{statistics.median(library) * 1e6:,.0f}",
    ]


def _taken(data: census.Data, places: np.ndarray) -> census.Data:
    return replace(data, table=data.table.iloc[places].reset_index(drop=True), target=data.target[places])


def _timed(calls: Sequence[Callable[[], Any]]) -> list[float]:
    """The seconds that each takes."""
    times = []
    for call in calls:
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return times


def _scikit_learn(fitted: Any, columns: np.ndarray, target: np.ndarray) -> Asking:
    return lambda rows: np.asarray(fitted.predict_proba(rows))[:, 1]


def _lightgbm(fitted: Any, columns: np.ndarray, target: np.ndarray) -> Asking:
    """LightGBM's own booster, with the parameters of the fitted candidate."""
    parameters = _parameters(fitted, "num_leaves min_child_samples")
    own = LGBMClassifier(**parameters, deterministic=True, force_col_wise=True, verbosity=-1)
    booster = own.fit(columns, target).booster_
    return lambda rows: np.asarray(booster.predict(rows, num_threads=1))


def _xgboost(fitted: Any, columns: np.ndarray, target: np.ndarray) -> Asking:
    """XGBoost's own booster, with the parameters of the fitted candidate."""
    parameters = _parameters(fitted, "min_child_weight")
    own = XGBClassifier(**parameters, tree_method="hist")
    booster = own.fit(columns, (target == fitted.classes_[1]).astype(int)).get_booster()
    return lambda rows: np.asarray(booster.inplace_predict(rows), dtype=np.float64)


def _parameters(fitted: Any, more: str) -> dict[str, Any]:
    names = f"n_estimators learning_rate max_depth reg_lambda {more}".split()
    seed = np.random.RandomState(fitted.random_state).randint(2**31 - 1)
    return {name: getattr(fitted, name) for name in names} | {"n_jobs": 1, "random_state": seed}


NAMES: dict[str, Callable[[Any, np.ndarray, np.ndarray], Asking]] = {
    "boosting": _scikit_learn,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
}
"""What asks each library itself."""

if __name__ == "__main__":
    main()
