"""A new version is compared with the champion on the same held-out rows, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flyball import RequestSource
from flyball.control.registry import services as registry
from flyball.control.registry.comparison import comparison_text
from flyball.control.registry.models import ArtifactPart, Version
from flyball.control.routing import selectors, services
from flyball.domain import declaration
from flyball.domain.errors import ConfirmationNeeded
from flyball.domain.lifecycle import is_worse
from flyball.stores.database import Database
from tests.applied import build as applied_build
from tests.applied import take_snapshot
from tests.registry import small
from tests.routing.purchase import applied, champions, promote

WORSE = [
    # score, champion's, worse, why
    (0.8, 0.9, True, "below"),
    (0.9, 0.9, False, "a tie is none"),
    (0.9, 0.8, False, "above"),
    (-3.0, -2.0, True, "scores may be negative: larger is better"),
    (None, 0.5, True, "a score that is not known, beside one that is"),
    (0.1, None, False, "nothing is known of the champion"),
    (None, None, False, "nothing is known of either"),
]


@pytest.mark.parametrize(("score", "champion", "worse", "why"), WORSE)
def test_a_version_is_worse_where_it_scores_less_on_the_same_rows(
    score: float | None, champion: float | None, worse: bool, why: str
) -> None:
    assert is_worse(score, champion) is worse, why


def beside(version: Version) -> dict[str, Any]:
    """The fact of a version."""
    found: dict[str, Any] = version.facts["comparison"]
    return found


def rival(version: Version, candidate: str) -> Version:
    """Another candidate of the same build as a version, beside the champion."""
    assert version.candidate is not None
    return registry.register(
        build=version.candidate.build, candidate=candidate, champion=selectors.champion("purchase")
    )


@pytest.fixture
def champion(tmp_path: Path, database: Database) -> Version:
    """``purchase@1``, which knows that older people buy."""
    version = applied(tmp_path)
    promote(version)
    return version


def test_both_scores_are_of_the_same_rows(champion: Version) -> None:
    twin = rival(champion, "linear")
    assert beside(twin)["score"] == pytest.approx(beside(twin)["champion_score"], abs=1e-12)
    assert (beside(twin)["champion"], beside(twin)["rows"], beside(twin)["may_know"]) == (1, 12, False)
    assert beside(twin)["snapshot"] == champion.facts["snapshot"]["digest"]


@pytest.mark.storage
def test_a_version_that_is_worse_is_promoted_only_with_a_yes(champion: Version) -> None:
    baseline = rival(champion, "baseline")
    assert beside(baseline)["score"] < beside(baseline)["champion_score"]
    with pytest.raises(ConfirmationNeeded, match=r"purchase@2 is worse .* purchase@1"):
        promote(baseline)
    assert champions() == [1]
    promote(baseline, yes=True)
    assert champions() == [1, 2]


def test_a_version_that_is_as_good_needs_no_yes(champion: Version) -> None:
    promote(rival(champion, "linear"))
    assert champions() == [1, 2]


def test_a_first_version_is_compared_with_nothing(champion: Version) -> None:
    assert "comparison" not in champion.facts
    assert comparison_text(champion) == ""


def test_rows_of_another_snapshot_may_be_known_to_the_champion(tmp_path: Path, champion: Version) -> None:
    declaration = small.declare(small.write_csv(tmp_path / "more.csv", rows=90))
    build = applied_build(declaration, take_snapshot(declaration))
    second = registry.register(build=build, champion=champion)
    assert (beside(second)["rows"], beside(second)["may_know"]) == (18, True)
    assert "may have learned" in comparison_text(second)


def test_a_champion_that_needs_what_the_rows_lack_ends_no_build(tmp_path: Path, champion: Version) -> None:
    declaration = small.declare(
        small.write_csv(tmp_path / "less.csv", job=False), features=[RequestSource("age")]
    )
    build = applied_build(declaration, take_snapshot(declaration))
    second = registry.register(build=build, champion=champion)
    assert beside(second)["champion_score"] is None
    assert "purchase@1 cannot be scored" in comparison_text(second)
    promote(second)


def test_a_champion_that_does_not_load_ends_no_build(champion: Version) -> None:
    ArtifactPart.objects.filter(digest=champion.manifest["artifacts"][0]["digest"]).update(data=b"lost")
    second = rival(champion, "baseline")
    assert beside(second)["champion_score"] is None
    assert beside(second)["reason"]


def test_a_comparison_stays_where_its_champion_is(tmp_path: Path, champion: Version) -> None:
    folder = registry.export_version(version=rival(champion, "baseline"), folder=tmp_path / "exported")
    imported = services.import_version(folder=folder)
    assert "comparison" not in imported.facts


def test_both_are_scored_as_the_build_was_whatever_is_declared_by_now(
    champion: Version, tmp_path: Path
) -> None:
    for each in [each for each in declaration.declared() if each.name == "purchase"]:
        declaration.forget(each)
    small.declare(tmp_path / "rows.csv", metric="neg_log_loss", seed=7)
    twin = rival(champion, "linear")
    assert beside(twin)["metric"] == "roc_auc"
    assert beside(twin)["champion_score"] == pytest.approx(beside(twin)["score"], abs=1e-12)
