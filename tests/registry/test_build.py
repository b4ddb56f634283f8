"""A build keeps each candidate's best fit; its winner, or any other, becomes a numbered version."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.dummy import DummyClassifier

from flyball import Candidate
from flyball.control.registry import selectors, services
from flyball.control.registry.models import Build
from flyball.domain.errors import BuildFailed, InvalidInput, UnknownVersion
from flyball.stores.database import Database
from tests.applied import build as applied_build
from tests.registry import small
from tests.registry.homemade import Unwritable

pytestmark = pytest.mark.storage


class Broken(DummyClassifier):
    """Cannot be fitted."""

    def fit(self, X: object, y: object, sample_weight: object = None) -> Broken:  # noqa: N803 - scikit-learn's
        raise ValueError("no luck")


def test_the_leaderboard_keeps_every_candidate_best_first(tmp_path: Path, database: Database) -> None:
    declaration, snapshot = small.snapshot(tmp_path, candidates=("linear", "naive_bayes"))
    board = selectors.leaderboard(applied_build(declaration, snapshot))
    assert {result.name for result in board} == {"linear", "naive_bayes", "baseline"}
    assert [result.rank for result in board] == [1, 2, 3]
    assert all(len(result.fold_scores) == 2 and result.held_out_score is not None for result in board)
    assert all(result.manifest is not None and not result.error for result in board)


def test_a_candidate_that_fails_is_recorded_and_the_build_goes_on(tmp_path: Path, database: Database) -> None:
    broken = Candidate("broken", Broken())
    declaration, snapshot = small.snapshot(tmp_path, candidates=("linear", broken))
    build = applied_build(declaration, snapshot)
    last = selectors.leaderboard(build)[-1]
    assert (build.status, last.name, last.rank, last.manifest) == ("succeeded", "broken", None, None)
    assert "no luck" in last.error


def test_a_candidate_that_cannot_be_packaged_fails_alone(tmp_path: Path, database: Database) -> None:
    own = Candidate("unwritable", Unwritable())
    declaration, taken = small.snapshot(tmp_path, candidates=(own, "linear"), trusted=[Unwritable])
    *_, last = selectors.leaderboard(applied_build(declaration, taken))
    assert (last.name, last.rank, last.manifest) == ("unwritable", None, None)
    assert "BytesIO" in last.error


def test_a_build_in_which_only_the_baseline_fits_has_failed(tmp_path: Path, database: Database) -> None:
    declaration, snapshot = small.snapshot(tmp_path, candidates=(Candidate("broken", Broken()),))
    with pytest.raises(BuildFailed):
        applied_build(declaration, snapshot)
    build = Build.objects.get()
    assert (build.status, bool(build.error), build.finished_at is None) == ("failed", True, False)
    with pytest.raises(BuildFailed):
        services.register(build=build)


def test_what_ends_a_build_early_is_recorded_with_it(tmp_path: Path, database: Database) -> None:
    def interrupt(progress: object) -> None:
        raise KeyboardInterrupt

    declaration, snapshot = small.snapshot(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        applied_build(declaration, snapshot, report=interrupt)
    build = Build.objects.get()
    assert (build.status, build.error) == ("failed", "KeyboardInterrupt: ")


def test_the_winner_becomes_the_next_version(tmp_path: Path, database: Database) -> None:
    declaration, snapshot = small.snapshot(tmp_path)
    build = applied_build(declaration, snapshot)
    first, second = services.register(build=build), services.register(build=build)
    assert (str(first), str(second)) == ("purchase@1", "purchase@2")
    assert first.candidate is not None
    assert first.candidate.rank == 1
    assert selectors.manifest(second).number == 2


def test_any_other_candidate_can_become_a_version(tmp_path: Path, database: Database) -> None:
    declaration, snapshot = small.snapshot(tmp_path)
    version = services.register(build=applied_build(declaration, snapshot), candidate="baseline")
    assert version.facts["candidate"] == "baseline"


def test_a_candidate_that_is_not_there_is_refused_by_naming_those_that_are(
    tmp_path: Path, database: Database
) -> None:
    declaration, snapshot = small.snapshot(tmp_path)
    build = applied_build(declaration, snapshot)
    with pytest.raises(InvalidInput, match="linear"):
        services.register(build=build, candidate="astrology")


def test_a_version_says_where_it_comes_from(tmp_path: Path, database: Database) -> None:
    _, version = small.version(tmp_path)
    facts = version.facts
    assert facts["snapshot"]["rows"] == 60
    assert set(facts["environment"]) >= {"commit", "dirty", "python", "libraries"}
    assert (facts["metric"], facts["seed"], len(facts["fold_scores"])) == ("roc_auc", 0, 2)
    assert facts["profile"]["age"]


def test_a_version_loads_and_gives_its_golden_answers(tmp_path: Path, database: Database) -> None:
    _, version = small.version(tmp_path)
    answers = selectors.loaded(version).predict([{"age": 60, "job": "cook"}, {"age": 22, "job": None}])
    assert [answer["label"] for answer in answers] == ["yes", "no"]


def test_the_same_snapshot_and_seed_give_the_same_version_again(tmp_path: Path, database: Database) -> None:
    declaration, snapshot = small.snapshot(tmp_path, candidates=("linear", "forest"))
    versions = [services.register(build=applied_build(declaration, snapshot)) for _ in range(2)]
    golden = [selectors.manifest(version).golden for version in versions]
    scores = [(version.facts["fold_scores"], version.facts["held_out_score"]) for version in versions]
    assert golden[0] == golden[1]
    assert scores[0] == scores[1]


def test_a_pipeline_fitted_elsewhere_becomes_a_version(tmp_path: Path, database: Database) -> None:
    declaration, snapshot = small.snapshot(tmp_path)
    fitted = DummyClassifier(strategy="constant", constant="yes").fit([[0], [1]], ["no", "yes"])
    version = services.register_fitted(declaration=declaration, snapshot=snapshot, pipeline=fitted)
    assert selectors.loaded(version).predict([{"age": 30, "job": "cook"}])[0]["label"] == "yes"
    assert version.facts["candidate"] == "by_hand"


def test_a_version_that_does_not_exist_is_unknown(database: Database) -> None:
    with pytest.raises(UnknownVersion):
        selectors.version("purchase", 1)
