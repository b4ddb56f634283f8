"""``python -m benchmarks.ensembles``: blends and stacks beside their parts, on rows that builds hold out."""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets

from benchmarks.machine import processor
from benchmarks.tables import table, written
from flyball import Search
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference.frame import conform
from flyball.learning.dataset import Dataset
from flyball.learning.selection import Fit, Plan, select

README = Path(__file__).parent / "README.md"
BY = "python -m benchmarks.ensembles"
HEAD = ("data", "metric", "best part", "blend", "stacking", "blend less best part", "below its defaults")
ENSEMBLES = ("blend", "stacking")
PARTS = ("linear", "forest", "boosting", "nearest_neighbours")
MOST = 2_500
"""Rows that are drawn of a larger table, once."""
BROUGHT_MOST = 600
"""The same of those that scikit-learn brings: ten digits take long."""
METRICS = {"classification": "roc_auc", "regression": "r2"}
BROUGHT: Mapping[str, tuple[str, Callable[[], Any]]] = {
    "tumours": ("classification", datasets.load_breast_cancer),
    "irises": ("classification", datasets.load_iris),
    "wines": ("classification", datasets.load_wine),
    "digits": ("classification", datasets.load_digits),
    "diabetes": ("regression", datasets.load_diabetes),
}


def main() -> None:
    """Build each table with other rows held out, print the table, write it into README.md."""
    options = _options()
    rows = []
    for name, task, data in _tables(options):
        if options.only and name not in options.only:
            continue
        boards = [_board(data, task, seed) for seed in range(options.repeats)]
        plain = [_board(data, task, seed, candidates=PARTS, trials=1) for seed in range(options.repeats)]
        rows.append([name, METRICS[task], *row(boards), below(boards, plain)])
        print(rows[-1], flush=True)
    made = table(HEAD, rows)
    when, load = f"{datetime.now(UTC):%Y-%m-%d}", os.getloadavg()[2]
    facts = f"{processor()}, {os.cpu_count()} cores, {when}, load {load:.0f}; {options.repeats} splits each."
    print(f"\n{made}\n\n{facts}")
    if not options.quick:
        README.write_text(written(README.read_text(), {"ensembles": f"{made}\n\n{facts}"}, BY))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=BY, description=__doc__)
    parser.add_argument("--folder", type=Path, help="where adult.csv and elec.csv are, to have them too")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="these tables")
    parser.add_argument("--quick", action="store_true", help="prints, and writes nothing")
    return parser.parse_args()


def _tables(options: argparse.Namespace) -> Iterator[tuple[str, str, Dataset]]:
    for name, (task, load) in BROUGHT.items():
        brought = load()
        frame = pd.DataFrame(brought.data, columns=[f"x{place}" for place in range(brought.data.shape[1])])
        target = brought.target.astype(float) if task == "regression" else brought.target
        some = np.sort(np.random.default_rng(0).permutation(len(frame))[:BROUGHT_MOST])
        yield name, task, _dataset(frame.iloc[some].reset_index(drop=True), target[some])
    if options.folder is not None:
        census = pd.read_csv(options.folder / "adult.csv", skipinitialspace=True, na_values="?")
        yield "census", "classification", _drawn(census, "income")
        yield "census: hours", "regression", _drawn(census, "hours-per-week")
        yield "electricity", "classification", _drawn(pd.read_csv(options.folder / "elec.csv"), "class")


def _drawn(table: pd.DataFrame, outcome: str) -> Dataset:
    """Some rows, in their order, without regard to time: what is looked at is what weights bring."""
    places = np.sort(np.random.default_rng(0).permutation(len(table))[:MOST])
    some = table.iloc[places].reset_index(drop=True)
    target = some.pop(outcome)
    is_number = pd.api.types.is_numeric_dtype(target)
    return _dataset(some, target.to_numpy("float64") if is_number else target.to_numpy(str))


def _dataset(frame: pd.DataFrame, target: np.ndarray) -> Dataset:
    numbers = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame]
    fields = tuple(
        Field(name=str(name), kind=Kind.NUMBER if is_number else Kind.CATEGORY, nullable=True)
        for name, is_number in zip(frame, numbers, strict=True)
    )
    schema = Schema(fields)
    return Dataset(
        frame=conform(schema, frame),
        target=target,
        entities=np.arange(len(frame))[:, np.newaxis],
        times=None,
        known_at=None,
        keys=np.arange(len(frame)).astype(str),
        schema=schema,
    )


def _board(
    data: Dataset,
    task: str,
    seed: int,
    *,
    candidates: Sequence[str] = (*PARTS, *ENSEMBLES),
    trials: int = 4,
) -> dict[str, Fit]:
    """A leaderboard by name; with one trial, that of the library's defaults."""
    plan = Plan(
        task=task,
        metric=METRICS[task],
        candidates=candidates,
        cv=4,
        search=Search(trials=trials, seconds=3600),
        seed=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {fit.name: fit for fit in select(data, plan)}


def row(boards: list[dict[str, Fit]]) -> list[str]:
    """The best part is the one that its fold scores say, as a build would have taken it."""
    best = [max((board[name] for name in PARTS), key=lambda fit: fit.score) for board in boards]
    parts = _held(best)
    ensembles = {name: _held([board[name] for board in boards]) for name in ENSEMBLES}
    mean, error = _apart(ensembles["blend"], parts)
    scores = [f"{each.mean():.4f}" for each in (parts, *ensembles.values())]
    return [*scores, f"{mean:+.4f} ± {error:.4f}{'' if mean >= -error else ' (worse)'}"]


def below(boards: list[dict[str, Fit]], plain: list[dict[str, Fit]]) -> str:
    """Families whose mean is below that of their library's defaults by more than its standard error."""
    found = []
    for name in PARTS:
        mean, error = _apart(*(_held([board[name] for board in each]) for each in (boards, plain)))
        if mean < -error:
            found.append(f"{name} {mean:+.4f} ± {error:.4f}")
    return ", ".join(found) or "none"


def _apart(some: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """The mean difference over the splits, and its standard error: splits share rows, so it is too small."""
    apart = some - others
    return float(apart.mean()), float(apart.std(ddof=1) / len(apart) ** 0.5)


def _held(fits: list[Fit]) -> np.ndarray:
    return np.array([fit.held_out_score for fit in fits], dtype=np.float64)


if __name__ == "__main__":
    main()
