"""An ensemble in a build: the same to the last digit whoever computes its folds, and a version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flyball.control.jobs.sharing.claims import Claimant
from flyball.control.registry import building, selectors, services
from flyball.control.registry.models import Build, BuildUnit
from flyball.control.registry.working.stepping import Worker
from flyball.stores.database import Database
from tests.applied import build as applied_build
from tests.registry import small

pytestmark = pytest.mark.storage

NAMES = ("blend", "linear", "naive_bayes", "stacking")
TOLD = (
    "name",
    "rank",
    "parameters",
    "fold_scores",
    "held_out_score",
    "trials",
    "manifest__golden",
    "error",
    "ended",
)


def told(build: Build) -> list[tuple[Any, ...]]:
    """All that a leaderboard says, but for times, and the golden answers."""
    return list(build.results.order_by("name").values_list(*TOLD))


def test_a_build_of_three_workers_has_the_ensembles_of_one(tmp_path: Path, database: Database) -> None:
    declaration, taken = small.snapshot(tmp_path, candidates=NAMES)
    alone = applied_build(declaration, taken)
    shared = services.request_build(declaration=declaration, snapshot=taken)
    building.begin(shared, building.grounds(declaration), of=[Build.Status.QUEUED])
    dataset = selectors.dataset(taken, declaration.task)
    claimants = [Claimant(name=name, takes_over=False) for name in ("one", "two", "three")]
    workers = [Worker(shared, dataset, declaration, claimant) for claimant in claimants]
    while workers[0].wanted():
        for worker in workers:
            worker.step(worker.open(worker.wanted())[::-1])
    building.carry_out(shared, taken, declaration, claimants[0])
    assert told(shared) == told(alone)
    ensembles = BuildUnit.objects.filter(build=shared, candidate__in=["blend", "stacking"])
    assert set(ensembles.values_list("claimant", flat=True)) == {"one", "two", "three"}


@pytest.mark.parametrize("kind", ["blend", "stacking"])
def test_an_ensemble_becomes_a_version_that_answers_compiled(
    tmp_path: Path, database: Database, kind: str
) -> None:
    declaration, taken = small.snapshot(tmp_path, candidates=NAMES)
    build = small.built(declaration, taken, tmp_path, {"candidates": NAMES})
    version = services.register(build=build, candidate=kind)
    assert selectors.manifest(version).answering.runtime == "compiled"
    answers = selectors.loaded(version).predict([{"age": 60, "job": "cook"}, {"age": 22, "job": None}])
    assert [answer["label"] for answer in answers] == ["yes", "no"]
