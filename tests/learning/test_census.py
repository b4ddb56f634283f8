"""The census income data: what boosting reaches on rows it has not seen, and how long it is looked into."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from flyball.domain.declaration import Search
from flyball.inference import runtime
from flyball.learning.dataset import Dataset, read
from flyball.learning.diagnostics.diagnosing import diagnose
from flyball.learning.diagnostics.searched import Fitted
from flyball.learning.package import Package, package
from flyball.learning.selection import Fit, Plan, select
from flyball.learning.splitting import splits
from tests.learning.census import CENSUS, snapshot

pytestmark = pytest.mark.skipif(not CENSUS.exists(), reason="the census data is not beside this repository")


@dataclass(frozen=True)
class Built:
    data: Dataset
    plan: Plan
    best: Fit
    made: Package


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The best fit of a short search, packaged."""
    place = tmp_path_factory.mktemp("census") / "census.parquet"
    schema = snapshot(place)
    data = read(place, schema, "classification")
    plan = Plan(
        task="classification",
        metric="roc_auc",
        candidates=["boosting"],
        positive=">50K",
        search=Search(trials=2),
    )
    best = select(data, plan)[0]
    return Built(data, plan, best, package(best, data, schema, endpoint="income", task="classification"))


def test_boosting_reaches_its_score_on_census_rows_it_has_not_seen(built: Built) -> None:
    assert built.best.name == "boosting"
    assert built.best.held_out_score is not None
    assert built.best.held_out_score >= 0.91
    manifest = built.made.manifest
    assert runtime.load(manifest, built.made.answering).predict([manifest.golden[0][0]])


def test_its_diagnostics_take_no_longer_than_its_last_fit(built: Built) -> None:
    """In time of the processor: what others take of it on the same machine does not count."""
    rows = built.data.take(splits.held_out(built.data, "classification", built.plan.seed)[0])
    fitted = Fitted(candidate="boosting", parameters=built.best.parameters)
    version = runtime.load(built.made.manifest, built.made.answering)
    with threadpool_limits(1):
        begun = time.process_time()
        clone(built.best.pipeline).fit(rows.frame, rows.target)
        fit = time.process_time() - begun
        begun = time.process_time()
        found = diagnose(built.data, built.plan, built.made.manifest, version, fitted=fitted)
        took = time.process_time() - begun
    assert set(found.lacking) == {"over_time", "trials"}
    assert found.tables["score"].rows[0][2] == pytest.approx(built.best.held_out_score)
    assert took <= fit
