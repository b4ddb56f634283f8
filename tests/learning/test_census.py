"""The census income data: what boosting reaches on rows it has not seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.domain.declaration import Search
from flyball.inference import runtime
from flyball.learning.dataset import read
from flyball.learning.package import package
from flyball.learning.selection import Plan, select
from tests.learning.census import CENSUS, snapshot


@pytest.mark.skipif(not CENSUS.exists(), reason="the census data is not beside this repository")
def test_boosting_reaches_its_score_on_census_rows_it_has_not_seen(tmp_path: Path) -> None:
    schema = snapshot(tmp_path / "census.parquet")
    data = read(tmp_path / "census.parquet", schema, "classification")
    plan = Plan(
        task="classification",
        metric="roc_auc",
        candidates=["boosting"],
        positive=">50K",
        search=Search(trials=2),
    )
    best = select(data, plan)[0]
    assert best.name == "boosting"
    assert best.held_out_score is not None
    assert best.held_out_score >= 0.91
    made = package(best, data, schema, endpoint="income", task="classification")
    assert runtime.load(made.manifest, made.answering).predict([made.manifest.golden[0][0]])
