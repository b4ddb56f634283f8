"""Diagnostics count rows by their weight where the library's own functions do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flyball.domain.routing import Manifest
from flyball.learning.dataset import Dataset
from flyball.learning.diagnostics import labels, slices, values
from flyball.learning.diagnostics.held import Held
from flyball.learning.paired import Answers
from tests.learning.weighing.rows import drawn, plan, repeated, weighed

TIMES = np.random.default_rng(5).integers(1, 6, 240)


def held(task: str, rows: Dataset, answers: Answers) -> Held:
    """Rows and what a version answered to them."""
    nobody: Any = None
    classes = (0, 1) if task == "classification" else ()
    manifest = Manifest(endpoint="x", number=1, task=task, artifacts=(), schema=rows.schema, classes=classes)
    return Held(
        plan=plan(task, "linear", positive=1 if classes else None),
        training=rows,
        rows=rows,
        inputs=[],
        manifest=manifest,
        runtime=nobody,
        answers=answers,
        seconds=0.0,
    )


def both(task: str) -> tuple[Held, Held]:
    """Rows that weigh, and the same rows repeated."""
    rows, chance = drawn(task), np.random.default_rng(6).random(240).round(2)
    near = np.asarray(rows.labels + chance, dtype=float) / 2
    if task == "regression":
        every = Answers(values=near)
        again = Answers(values=np.repeat(near, TIMES))
    else:
        sure = np.column_stack([1 - near, near])
        every = Answers(values=(near > 0.5).astype(int), probabilities=sure)
        again = Answers(values=np.repeat(every.values, TIMES), probabilities=np.repeat(sure, TIMES, axis=0))
    return held(task, weighed(rows, TIMES), every), held(task, repeated(rows, TIMES), again)


@pytest.mark.parametrize("name", ["roc", "precision_recall", "gain"])
def test_curves_of_weights_are_those_of_repeated_rows(name: str) -> None:
    once, many = (labels.tables(each)[name] for each in both("classification"))
    assert len(once.rows) == len(many.rows)
    for row, other in zip(once.rows, many.rows, strict=True):
        assert row[1:] == pytest.approx(other[1:], abs=1e-9)


def test_a_report_weighs_its_scores_and_counts_its_rows() -> None:
    once, many = (labels.tables(each)["report"] for each in both("classification"))
    for row, other in zip(once.rows, many.rows, strict=True):
        assert row[1:4] == pytest.approx(other[1:4], abs=1e-9)
    assert once.rows[-1][-1] == 240
    assert many.rows[-1][-1] == TIMES.sum()


def test_metrics_of_values_are_weighed() -> None:
    once, many = (dict(values.tables(each)["report"].rows) for each in both("regression"))
    del once["median absolute error"], many["median absolute error"]  # between two rows it is one of them
    assert once == pytest.approx(many, abs=1e-9)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_score_and_those_of_slices_are_weighed(task: str) -> None:
    once, many = both(task)
    assert slices.overall(once).rows[0][2] == pytest.approx(slices.overall(many).rows[0][2], abs=1e-9)
    worst = {tuple(row[:2]): row[3] for row in slices.slices(once, ["colour"]).rows if row[0] == "colour"}
    again = {tuple(row[:2]): row[3] for row in slices.slices(many, ["colour"]).rows if row[0] == "colour"}
    assert worst == pytest.approx(again, abs=1e-9)
    assert len(worst) == 3
