"""Every algorithm of the catalogue can be searched, packaged, loaded and proven."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball.control.declarations import names
from flyball.control.declarations.names import CATALOGUE
from flyball.domain.declaration import Search
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference import runtime
from flyball.inference.frame import scalars
from flyball.learning import catalog
from flyball.learning.catalog import CATALOG
from flyball.learning.dataset import Dataset, read
from flyball.learning.package import package
from flyball.learning.selection import Plan, select
from tests.learning import rows

ENTRIES = [(task, name) for task, names in CATALOGUE.items() for name in ("baseline", *names)]
METRIC = {
    "classification": "roc_auc",
    "regression": "r2",
    "clustering": "silhouette",
    "anomaly_detection": "mass_volume",
}


def test_what_declarations_may_name_is_what_there_is() -> None:
    assert {task: tuple(entries) for task, entries in CATALOG.items()} == CATALOGUE
    assert catalog.ENSEMBLES == names.ENSEMBLES


@pytest.mark.parametrize(("task", "name"), ENTRIES, ids=[f"{task}-{name}" for task, name in ENTRIES])
def test_an_entry_is_fitted_packaged_loaded_and_gives_its_golden_answers(
    tmp_path: Path, task: str, name: str
) -> None:
    data = rows.dataset(tmp_path, task=task)
    candidates = [name] if name in CATALOG[task] else []
    plan = Plan(task=task, metric=METRIC[task], candidates=candidates, cv=2, search=Search(trials=2))
    fits = {fit.name: fit for fit in select(data, plan)}
    assert set(fits) == {"baseline", name}
    fit = fits[name]
    assert fit.error == ""
    assert len(fit.fold_scores) == 2
    made = package(fit, data, rows.SCHEMA, endpoint="test", task=task, trusted=())
    assert len(made.manifest.golden) == 8
    loaded = runtime.load(made.manifest, made.answering)
    assert len(loaded.predict([row for row, _ in made.manifest.golden])) == 8
    assert made.manifest.answering.runtime == "compiled", made.compiling


def wide(path: Path, task: str) -> Dataset:
    """Rows of 23 prepared columns, many at the same distance from one another."""
    draw = np.random.default_rng(7)
    numbers = {f"n{i}": draw.integers(0, 3, 2000) for i in range(3)}
    texts = {f"c{i}": draw.choice(list("abcde"), 2000) for i in range(4)}
    keys = [str(place) for place in range(2000)]
    outcome = sum(numbers.values()) + draw.integers(0, 4, 2000)
    meta = {
        "_key": keys,
        "_time": pa.nulls(2000, rows.MOMENT),
        "_known_at": pa.nulls(2000, rows.MOMENT),
        "_entity": keys,
        "_outcome": outcome.astype(float) if task == "regression" else outcome > outcome.mean(),
    }
    pq.write_table(pa.table(meta | numbers | texts), path)
    fields = [Field(name=name, kind=Kind.INTEGER) for name in numbers]
    fields += [Field(name=name, kind=Kind.CATEGORY, categories=tuple("abcde")) for name in texts]
    return read(path, Schema(tuple(fields)), task)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_neighbours_at_one_distance_are_the_same_alone_and_in_company(tmp_path: Path, task: str) -> None:
    data = wide(tmp_path / "rows.parquet", task)
    plan = Plan(
        task=task, metric=METRIC[task], candidates=["nearest_neighbours"], cv=2, search=Search(trials=1)
    )
    (fit,) = (fit for fit in select(data, plan) if fit.name == "nearest_neighbours")
    made = package(fit, data, data.schema, endpoint="test", task=task, trusted=())
    loaded = runtime.load(made.manifest, made.answering)
    some = scalars(data.schema, data.frame[:100])
    assert loaded.predict(some) == [loaded.predict([row])[0] for row in some]


@pytest.mark.parametrize("task", CATALOG)
def test_the_start_of_a_search_lies_in_its_space(task: str) -> None:
    for entry in CATALOG[task].values():
        assert entry.start.keys() in ({*entry.space}, set())
        for name, value in entry.start.items():
            entry.make(0).set_params(**{name: value})
            assert entry.space[name]._contains(entry.space[name].to_internal_repr(value))
