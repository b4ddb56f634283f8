"""Every algorithm of the catalogue can be searched, packaged, loaded and proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.domain.declaration import CATALOGUE, Search
from flyball.inference import runtime
from flyball.learning.catalog import CATALOG
from flyball.learning.package import package
from flyball.learning.selection import Plan, select
from tests.learning import rows

ENTRIES = [(task, name) for task, names in CATALOGUE.items() for name in names]
METRIC = {"classification": "roc_auc", "regression": "r2", "clustering": "silhouette"}


def test_what_declarations_may_name_is_what_there_is() -> None:
    assert {task: tuple(entries) for task, entries in CATALOG.items()} == CATALOGUE


@pytest.mark.parametrize(("task", "name"), ENTRIES, ids=[f"{task}-{name}" for task, name in ENTRIES])
def test_an_entry_is_fitted_packaged_loaded_and_gives_its_golden_answers(
    tmp_path: Path, task: str, name: str
) -> None:
    data = rows.dataset(tmp_path, task=task)
    plan = Plan(task=task, metric=METRIC[task], candidates=[name], cv=2, search=Search(trials=2))
    fits = {fit.name: fit for fit in select(data, plan)}
    assert set(fits) == {"baseline", name}
    for fit in fits.values():
        assert fit.error == ""
        assert len(fit.fold_scores) == 2
        artifact, manifest = package(fit, data, rows.SCHEMA, endpoint="test", task=task, trusted=())
        assert len(manifest.golden) == 8
        loaded = runtime.load(manifest, artifact)
        assert len(loaded.predict([row for row, _ in manifest.golden])) == 8


@pytest.mark.parametrize("task", CATALOG)
def test_the_first_point_of_a_search_lies_in_its_space(task: str) -> None:
    for entry in CATALOG[task].values():
        assert entry.start.keys() == entry.space.keys()
        for name, value in entry.start.items():
            entry.make(0).set_params(**{name: value})
            assert entry.space[name]._contains(entry.space[name].to_internal_repr(value))
