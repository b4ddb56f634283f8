"""Tables of several labels, of slices and of time; and their sizes, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from flyball.domain.errors import DataError
from flyball.domain.routing import Manifest
from flyball.domain.schema import Field, Kind, Schema
from flyball.learning.dataset import Dataset
from flyball.learning.diagnostics.diagnosing import OTHER_ROWS, diagnose
from flyball.learning.diagnostics.slices import MOST, NO_TIME
from flyball.learning.diagnostics.table import COLUMNS, Table, kept
from flyball.learning.selection import Plan
from tests.learning.diagnostics.diagnosed import diagnosed


class Invented:
    """A version that answers with the probability that a row's own number is."""

    direct = True

    def predict(self, rows: Any) -> list[dict[str, Any]]:
        """Rounded to a thousandth, so that many rows share one."""
        found = [round(row["number"], 3) for row in rows]
        return [{"label": p >= 0.5, "probabilities": {"false": 1 - p, "true": p}} for p in found]


def invented(size: int) -> tuple[Dataset, Plan, Manifest]:
    """So many rows, of which those with larger numbers are more often true."""
    draw = np.random.default_rng(3)
    number = draw.random(size)
    schema = Schema((Field(name="number", kind=Kind.NUMBER),))
    data = Dataset(
        frame=pd.DataFrame({"number": number}),
        target=draw.random(size) < number,
        entities=np.arange(size)[:, None],
        times=None,
        known_at=None,
        keys=np.arange(size).astype(str),
        schema=schema,
    )
    plan = Plan(task="classification", metric="roc_auc", candidates=["linear"])
    manifest = Manifest(
        endpoint="test", number=1, task=plan.task, artifacts=(), schema=schema, classes=(False, True)
    )
    return data, plan, manifest


def test_each_of_several_labels_has_its_curves_against_the_rest() -> None:
    of = diagnosed("classification", "linear", ("a", "b", "c"))
    probabilities = of.pipeline.predict_proba(of.held_out.frame)
    for place, label in enumerate("abc"):
        fpr, tpr, _ = metrics.roc_curve(of.held_out.labels == label, probabilities[:, place])
        curve = of.columns("roc", **{"class": label})
        np.testing.assert_allclose(curve["false_positive_rate"], fpr)
        np.testing.assert_allclose(curve["true_positive_rate"], tpr)
        mean = of.columns("dependence", field="colour", **{"class": label})
        assert mean["value"] == of.columns("dependence", field="colour", **{"class": "a"})["value"]
    answered = of.pipeline.predict(of.held_out.frame)
    counts = np.array(of.columns("confusion")["rows"]).reshape(3, 3)
    assert counts.tolist() == metrics.confusion_matrix(of.held_out.labels, answered).tolist()


def test_labels_that_are_no_texts_are_spelt_as_answers_spell_them() -> None:
    of = diagnosed("classification", "naive_bayes", (False, True))
    assert set(of.columns("roc")["class"]) == {"true"}
    assert of.columns("balance")["label"] == ["false", "true"]
    assert sum(of.columns("balance")["held_out"]) == len(of.held_out)


def test_slices_come_worst_first_with_scores_of_their_rows() -> None:
    of = diagnosed("classification", "linear", size=800)
    slices = of.columns("slices")
    assert slices["score"] == sorted(slices["score"])
    assert "(missing)" in slices["slice"]
    own = (of.held_out.frame["colour"] == "red").to_numpy()
    given = of.pipeline.predict_proba(of.held_out.frame)[own, 1]
    red = of.columns("slices", field="colour", slice="red")
    assert red["rows"] == [own.sum()]
    assert red["score"] == [pytest.approx(metrics.roc_auc_score(of.held_out.labels[own] == "yes", given))]
    bounds = [row for row in zip(slices["lower"], slices["score"], slices["upper"], strict=True) if row[0]]
    assert bounds
    assert all(low <= score <= high for low, score, high in bounds)


def test_of_declared_fields_every_slice_is_there_however_good() -> None:
    data, plan, manifest = invented(4000)
    few = diagnose(data, plan, manifest, Invented()).tables["slices"]
    draw = np.random.default_rng(5)
    more = tuple(Field(name=f"f{place}", kind=Kind.NUMBER) for place in range(8))
    schema = Schema((*manifest.schema.fields, *more))
    frame = data.frame.assign(**{field.name: draw.random(len(data)) for field in more})
    data, manifest = replace(data, frame=frame, schema=schema), replace(manifest, schema=schema)
    found = diagnose(data, plan, manifest, Invented(), declared=["f7"]).tables["slices"].rows
    assert len(few.rows) == 4
    assert sum(row[0] == "f7" for row in found) == 4
    assert len(found) == 4 + MOST
    assert [row[3] for row in found] == sorted(row[3] for row in found)


def test_a_score_over_time_is_of_the_rows_of_each_stretch() -> None:
    of = diagnosed("regression", "linear", size=3000, timed=True)
    stretches = of.columns("over_time")
    assert sum(stretches["rows"]) == len(of.held_out)
    assert all(low < high for low, high in pairwise(stretches["from"]))
    first = stretches["rows"][0]
    said = of.pipeline.predict(of.held_out.frame)[:first]
    assert stretches["score"][0] == pytest.approx(metrics.r2_score(of.held_out.labels[:first], said))
    assert diagnosed("regression", "linear").found.lacking["over_time"] == NO_TIME


def test_trials_say_which_of_them_are_the_versions_own() -> None:
    found = diagnosed("classification", "linear").columns("trials")
    assert found["score"] == [0.75, 0.5]
    assert found["is_chosen"] == [True, False]
    assert found["number"] == [100.0, 50.0]


def test_tables_stay_small_and_exact_however_many_rows_there_are() -> None:
    data, plan, manifest = invented(60_000)
    found = diagnose(data, plan, manifest, Invented())
    assert max(len(each.rows) for each in found.tables.values()) <= 5 * COLUMNS + 2
    assert found.lacking["learning_curve"] == OTHER_ROWS
    assert sum(found.tables["thresholds"].rows[0][2:]) == found.rows
    assert found.tables["roc"].rows[0][2:] == [0.0, 0.0]
    assert found.tables["roc"].rows[-1][2:] == [1.0, 1.0]


def test_a_curve_keeps_what_can_be_seen_of_it() -> None:
    x = np.linspace(0, 1, 100_000)
    y = np.sin(40 * x)
    y[54_321] = 5.0  # a single point that stands out
    places = kept(x, y)
    assert len(places) <= 4 * COLUMNS
    assert {0, 54_321, 99_999} <= set(places)
    assert np.abs(np.interp(x, x[places], y[places]) - np.where(y == 5, 0, y))[:50_000].max() < 0.3


def test_a_table_holds_only_what_json_can() -> None:
    made = Table.of(("a",), [[np.float64("nan")], [np.inf], [np.int64(3)], [np.bool_(True)], ["\x00x"]])
    assert made.rows == [[None], [None], [3], [True], ["x"]]


UNFIT: dict[str, tuple[Callable[[Manifest], Manifest], str]] = {
    "another task": (lambda known: replace(known, task="regression"), "is for regression"),
    "other labels": (lambda known: replace(known, classes=(False, True, 3)), "other labels"),
}


@pytest.mark.parametrize(("change", "reason"), UNFIT.values(), ids=UNFIT)
def test_a_version_that_does_not_fit_the_rows_is_not_diagnosed(
    change: Callable[[Manifest], Manifest], reason: str
) -> None:
    data, plan, manifest = invented(200)
    with pytest.raises(DataError, match=reason):
        diagnose(data, plan, change(manifest), Invented())


def test_what_cannot_be_computed_leaves_the_rest() -> None:
    data, plan, manifest = invented(400)
    data = replace(data, times=np.full(400, np.datetime64("2026-01-01", "us")), known_at=None)
    found = diagnose(data, replace(plan, metric="roc_auc"), manifest, Invented())
    assert found.lacking["over_time"] == NO_TIME
    assert "roc" in found.tables


def test_of_very_many_fields_and_labels_tables_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    data, plan, _ = invented(1000)
    many = 130
    schema = Schema(tuple(Field(name=f"f{place}", kind=Kind.NUMBER) for place in range(many)))
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({name: draw.random(len(data)) for name in schema.names})
    labels = tuple(range(150))
    data = replace(data, frame=frame, schema=schema, target=np.arange(len(data)) % len(labels))
    manifest = Manifest(
        endpoint="test", number=1, task=plan.task, artifacts=(), schema=schema, classes=labels
    )

    class Even(Invented):
        def predict(self, rows: Any) -> list[dict[str, Any]]:
            assert all(row.keys() == set(schema.names) for row in rows)
            given = {str(label): 1 / len(labels) for label in labels}
            return [{"label": int(150 * row["f0"]), "probabilities": given} for row in rows]

    found = diagnose(data, replace(plan, metric="accuracy"), manifest, Even())
    assert max(len(each.rows) for each in found.tables.values()) <= 6 * 2 * COLUMNS
    assert len(found.tables["importance"].rows) == 100
    assert len(found.tables["report"].rows) == 102
