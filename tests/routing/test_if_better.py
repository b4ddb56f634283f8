"""Promotion where nobody is asked: of a better version alone, by the policy, that callers need not notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flyball import Policy, RequestSource
from flyball.control.declarations import selectors as endpoints
from flyball.control.declarations.services import record
from flyball.control.jobs import running
from flyball.control.jobs import selectors as jobs
from flyball.control.jobs import services as asking
from flyball.control.jobs.models import Job
from flyball.control.jobs.performing import perform
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
from flyball.control.routing import selectors, services
from flyball.domain.lifecycle import is_better
from flyball.stores.database import Database
from tests.applied import build as applied_build
from tests.applied import take_snapshot
from tests.registry import small
from tests.routing.purchase import applied, champions, copy, promote, second_declaration

pytestmark = pytest.mark.storage

BETTER = [
    # score, champion's, better, why
    (0.9, 0.8, True, "above"),
    (-2.0, -3.0, True, "scores may be negative: larger is better"),
    (0.8, 0.9, False, "below"),
    (0.9, 0.9, False, "a tie is none"),
    (0.9 + 1e-13, 0.9, False, "only the last digits differ"),
    (1e-13, 0.0, False, "the same, at nought"),
    (None, 0.5, False, "a score that is not known"),
    (0.9, None, False, "nothing is known of the champion"),
    (float("nan"), 0.5, False, "no number"),
]


@pytest.mark.parametrize(("score", "champion", "better", "why"), BETTER)
def test_a_version_is_better_where_it_scores_more_on_the_same_rows(
    score: float | None, champion: float | None, better: bool, why: str
) -> None:
    assert is_better(score, champion) is better, why


def if_better(version: Version) -> str:
    """Why it was not promoted."""
    return services.promote_if_better(endpoint="purchase", version=version.number)


def rival(version: Version, candidate: str) -> Version:
    """Another candidate of the same build, compared with the champion."""
    assert version.candidate is not None
    return registry.register(
        build=version.candidate.build, candidate=candidate, champion=selectors.champion("purchase")
    )


def test_without_a_champion_the_policy_alone_decides(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path)
    small.declare(small.write_csv(tmp_path / "rows.csv"), policy=Policy(minimum_score=1.1))
    assert "the policy asks for at least 1.1" in if_better(version)
    assert champions() == []
    small.declare(small.write_csv(tmp_path / "rows.csv"), policy=Policy(minimum_score=0.1))
    assert if_better(version) == ""
    assert champions() == [1]


def test_a_better_one_takes_over_and_a_worse_one_does_not(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path)
    promote(rival(version, "baseline"))
    better = rival(version, "linear")
    assert if_better(better) == ""
    assert champions() == [2, 3]
    assert "is not better than the champion: roc_auc" in if_better(rival(version, "baseline"))
    assert champions() == [2, 3]


def test_a_champion_is_champion_already(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path)
    assert if_better(version) == if_better(version) == ""
    assert champions() == [1]


def test_the_same_model_takes_over_from_nobody(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path)
    promote(version)
    assert if_better(rival(version, "linear")) == "purchase@2 is the same model as the champion, purchase@1."
    assert champions() == [1]


def test_one_that_was_compared_with_another_champion_takes_over_from_nobody(
    tmp_path: Path, database: Database
) -> None:
    version = applied(tmp_path)
    first, second = rival(version, "baseline"), rival(version, "baseline")
    promote(first)
    better = rival(version, "linear")
    promote(second)
    assert "was not compared with the champion, purchase@3" in if_better(better)
    uncompared = copy(version)
    assert "was not compared with the champion, purchase@3" in if_better(uncompared)


def test_one_whose_champion_has_no_score_takes_over_from_nobody(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path))
    declaration = small.declare(
        small.write_csv(tmp_path / "less.csv", job=False), features=[RequestSource("age")]
    )
    second = registry.register(
        build=applied_build(declaration, take_snapshot(declaration)), champion=selectors.champion("purchase")
    )
    assert "purchase@1 cannot be scored on the same rows" in if_better(second)


def test_one_for_which_callers_must_send_more_waits_for_a_yes(tmp_path: Path, database: Database) -> None:
    first = small.write_csv(tmp_path / "less.csv", job=False)
    declaration = small.declare(first, features=[RequestSource("age")])
    services.apply(declarations={"purchase": declaration})
    built = applied_build(declaration, take_snapshot(declaration))
    promote(registry.register(build=built, candidate="baseline"))
    wider = second_declaration(tmp_path)
    assert wider.candidate is not None
    compared = registry.register(build=wider.candidate.build, champion=selectors.champion("purchase"))
    assert "Callers must send from now on: job" in if_better(compared)
    assert champions() == [1]


def build(**arguments: Any) -> Job:
    """A build as a job, carried out."""
    endpoint = endpoints.endpoint("purchase")
    job = asking.ask(kind="build", team=endpoint.team, endpoint=endpoint, arguments=arguments)
    run = running.claim(job.pk)
    assert run is not None
    perform(run)
    return jobs.job(job.pk)


def test_a_build_that_is_not_better_has_succeeded_and_says_why_nothing_changed(
    tmp_path: Path, database: Database
) -> None:
    record(declaration=small.declare(small.write_csv(tmp_path / "rows.csv")))
    first = build(if_better=True)
    assert (first.status, first.result["promoted"]) == ("succeeded", True)
    assert "purchase@1 is champion" in first.log
    second = build(if_better=True, yes=True)
    assert (second.status, second.result["promoted"], second.result["version"]) == ("succeeded", False, 2)
    assert second.result["reason"] == "purchase@2 is the same model as the champion, purchase@1."
    assert f"Not promoted: {second.result['reason']}" in second.log
    assert champions() == [1]
