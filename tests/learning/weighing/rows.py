"""Rows with weights, and the same rows repeated as often as they weigh."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from flyball import Search
from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.weighing.declared import Weighing
from flyball.learning.dataset import Dataset
from flyball.learning.searching.bench import Bench
from flyball.learning.searching.fitting import Fitting
from flyball.learning.selection import Plan
from tests.learning.rows import given

COLOURS = ("blue", "green", "red")
SCHEMA = Schema(
    (
        Field(name="x", kind=Kind.NUMBER, nullable=True),
        Field(name="z", kind=Kind.NUMBER),
        Field(name="member", kind=Kind.BOOLEAN, nullable=True),
        Field(name="colour", kind=Kind.CATEGORY, categories=COLOURS),
    )
)


def drawn(task: str, size: int = 240, *, seed: int = 3, rare: float = 0.3) -> Dataset:
    """Rows with missing values, whose outcome follows ``x`` and ``z``; some labels are rare."""
    draw = np.random.default_rng(seed)
    x, z = draw.normal(size=size), draw.normal(size=size)
    signal = x + 0.5 * z + draw.normal(scale=0.8, size=size)
    known = [
        {
            "x": None if draw.random() < 0.1 else float(x[place]),
            "z": float(z[place]),
            "member": None if draw.random() < 0.1 else bool(draw.random() < 0.4),
            "colour": COLOURS[draw.integers(3)],
        }
        for place in range(size)
    ]
    target = signal if task == "regression" else (signal > np.quantile(signal, 1 - rare)).astype(int)
    return given(SCHEMA, known, target)


def weighed(rows: Dataset, weights: Any) -> Dataset:
    """The rows with these weights."""
    return replace(rows, weights=np.asarray(weights, dtype=np.float64))


def repeated(rows: Dataset, times: np.ndarray) -> Dataset:
    """The rows, each so many times, without weights."""
    return rows.take(np.repeat(np.arange(len(rows)), times))


def plan(task: str, *candidates: Any, **words: Any) -> Plan:
    """A plan of few trials; ``balance`` and ``weight`` are those of a declaration."""
    weighing = Weighing(column=words.pop("weight", ""), is_balanced=words.pop("balance", False))
    usual = {"metric": "roc_auc" if task == "classification" else "r2", "search": Search(trials=1)}
    return Plan(task=task, candidates=candidates, weighing=weighing, **{**usual, **words})


def fit(rows: Dataset, wanted: Plan, name: str, parameters: Any = None) -> Any:
    """One candidate of a plan, fitted on rows as a build fits it."""
    candidates = Bench.of(rows, wanted).candidates
    own = candidates[name].defaults if parameters is None else parameters
    return Fitting(candidates, wanted).fitted(name, own, rows)
