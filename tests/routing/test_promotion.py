"""A promotion is one route revision more, and refused unless everything holds."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from flyball import Outcome, Policy, RequestSource, Threshold
from flyball.control.datasets import services as datasets
from flyball.control.declarations import discovery
from flyball.control.registry import services as registry
from flyball.control.registry.models import ArtifactPart, Version
from flyball.control.routing import selectors, services
from flyball.control.routing.models import RouteRevision
from flyball.domain.declaration import forget
from flyball.domain.errors import (
    ArtifactCorrupt,
    ConfirmationNeeded,
    Conflict,
    DeclarationError,
    FlyballError,
    GoldenMismatch,
    PolicyUnmet,
    UnknownEndpoint,
    UnknownVersion,
)
from flyball.stores import routes
from flyball.stores.database import Database
from tests.registry import small
from tests.routing import purchase
from tests.routing.purchase import applied, champions, copy, pays, second_declaration

pytestmark = pytest.mark.storage


def promote(version: Version | int, **more: object) -> RouteRevision:
    return purchase.promote(version, **more).revision


def test_the_first_promotion_publishes_the_first_route(tmp_path: Path, database: Database) -> None:
    decide = Threshold(0.4, at_or_above="call", below="leave")
    revision = promote(applied(tmp_path, decide=decide))
    route = selectors.document(revision)
    assert (revision.number, revision.reason) == (1, "promotion of version 1")
    assert (route.team, route.task) == ("default", "classification")
    assert [(arm.name, arm.version) for arm in route.arms] == [("champion", 1)]
    assert route.champion.decision is not None
    assert (route.champion.decision.threshold, route.champion.decision.label) == (0.4, "yes")


def test_what_is_promoted_is_what_the_data_plane_reads(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path))
    with closing(database.connect()) as connection:
        published = routes.published(database, connection)
    assert published.routes == {"purchase": selectors.route("purchase")}
    assert set(published.manifests) == {("purchase", 1)}


def test_each_promotion_adds_a_revision_and_leaves_the_others(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    second = copy(first)
    for version in (first, second, first):
        promote(version)
    assert champions() == [1, 2, 1]


@pytest.mark.parametrize("expected", [0, 2, 7, -1])
def test_a_promotion_that_expects_another_revision_is_refused(
    expected: int, tmp_path: Path, database: Database
) -> None:
    version = applied(tmp_path)
    promote(version, expected=0)
    with pytest.raises(Conflict):
        promote(version, expected=expected)
    assert champions() == [1]


def test_a_version_that_does_not_exist_is_refused(tmp_path: Path, database: Database) -> None:
    applied(tmp_path)
    with pytest.raises(UnknownVersion):
        promote(2)


def test_nothing_is_learned_for_an_endpoint_that_was_not_applied(tmp_path: Path, database: Database) -> None:
    declaration = small.declare(small.write_csv(tmp_path / "rows.csv"))
    with pytest.raises(UnknownEndpoint, match="flyball apply"):
        datasets.take_snapshot(declaration=declaration)
    with pytest.raises(UnknownEndpoint, match="flyball apply"):
        registry.request_build(declaration=declaration)


def test_a_version_that_misses_its_golden_answers_is_refused(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path)
    version.manifest["golden"][0][1]["probabilities"]["yes"] += 0.001
    version.save()
    with pytest.raises(GoldenMismatch, match="purchase@1"):
        promote(version)
    assert champions() == []


def test_a_version_whose_artifact_is_damaged_is_refused(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path)
    ArtifactPart.objects.filter(digest=version.manifest["artifacts"][0]["digest"]).update(
        data=b"something else"
    )
    with pytest.raises(ArtifactCorrupt, match="purchase@1"):
        promote(version)
    assert champions() == []


POLICIES = [
    # minimum, metric of the version, score, promoted, why
    (None, "roc_auc", None, True, "no policy asks for nothing"),
    (0.5, "roc_auc", 0.5, True, "the minimum itself is enough"),
    (0.9, "roc_auc", 0.8999, False, "below it is not"),
    (0.5, "roc_auc", None, False, "a score that is not known is none"),
    (0.5, "accuracy", 0.99, False, "another metric's score says nothing"),
    (-1.0, "roc_auc", -0.5, True, "scores may be negative"),
]


@pytest.mark.parametrize(("minimum", "metric", "score", "promoted", "why"), POLICIES)
def test_the_policy_decides_by_the_held_out_score(
    minimum: float | None,
    metric: str,
    score: float | None,
    promoted: bool,
    why: str,
    tmp_path: Path,
    database: Database,
) -> None:
    version = applied(tmp_path, policy=Policy(minimum_score=minimum))
    version.facts |= {"metric": metric, "held_out_score": score}
    version.save()
    if promoted:
        promote(version)
    else:
        with pytest.raises(PolicyUnmet):
            promote(version)
    assert champions() == ([1] if promoted else []), why


def test_a_field_that_becomes_required_needs_a_yes(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path, features=[RequestSource("age")]))
    wider = second_declaration(tmp_path, features=[RequestSource("age", "job")])
    with pytest.raises(ConfirmationNeeded, match="job"):
        promote(wider)
    assert champions() == [1]
    promote(wider, yes=True)
    assert champions() == [1, 2]


def test_a_field_that_is_needed_no_more_needs_no_yes(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path, features=[RequestSource("age", "job")]))
    promote(second_declaration(tmp_path, features=[RequestSource("age")]))
    assert champions() == [1, 2]


def test_a_column_of_the_entity_that_becomes_needed_needs_a_yes(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path, features=[RequestSource("job")]))
    table = pays(tmp_path)
    with_table = second_declaration(tmp_path, features=[RequestSource("job"), table])
    with pytest.raises(ConfirmationNeeded, match="age"):
        promote(with_table)
    route = selectors.document(promote(with_table, yes=True))
    assert [(lookup.table, lookup.on) for lookup in route.lookups] == [("pays", "age")]


def test_a_column_of_the_entity_is_asked_for_though_its_table_was_applied_before(
    tmp_path: Path, database: Database
) -> None:
    promote(applied(tmp_path, features=[RequestSource("job")]))
    with_table = second_declaration(tmp_path, features=[RequestSource("job"), pays(tmp_path)])
    services.apply(declarations={"purchase": discovery.find("purchase")})
    with pytest.raises(ConfirmationNeeded, match="age"):
        promote(with_table)
    assert champions() == [1, 1]


def test_a_threshold_that_was_not_applied_does_not_come_with_a_promotion(
    tmp_path: Path, database: Database
) -> None:
    promote(applied(tmp_path, decide=Threshold(0.4, at_or_above="call", below="leave")))
    changed = second_declaration(tmp_path, decide=Threshold(0.9, at_or_above="call", below="leave"))
    decision = selectors.document(promote(changed)).champion.decision
    assert decision is not None
    assert decision.threshold == 0.4


def test_the_rule_for_repeated_references_changes_by_applying_alone(
    tmp_path: Path, database: Database
) -> None:
    first, last = (Outcome("bought", positive="yes", repeated=rule) for rule in ("first", "latest"))
    promote(applied(tmp_path, outcome=first))
    revisions = [promote(second_declaration(tmp_path, outcome=last))]
    revisions.append(services.rollback(endpoint="purchase").revision)
    assert [selectors.document(each).repeated for each in revisions] == ["first", "first"]


def test_a_rollback_brings_the_champion_before_back(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    for version in (first, copy(first)):
        promote(version)
    revision = services.rollback(endpoint="purchase").revision
    assert (revision.number, revision.reason) == (3, "rollback to version 1")
    assert champions() == [1, 2, 1]


def test_rolling_back_again_goes_further_back_and_never_forward(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    for version in (first, copy(first), copy(first)):
        promote(version)
    for _ in range(2):
        services.rollback(endpoint="purchase")
    assert champions() == [1, 2, 3, 2, 1]
    with pytest.raises(Conflict):
        services.rollback(endpoint="purchase")


def test_a_promotion_after_a_rollback_can_be_taken_back_too(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    second = copy(first)
    promote(first)
    promote(second)
    services.rollback(endpoint="purchase")
    promote(second)
    services.rollback(endpoint="purchase")
    assert champions() == [1, 2, 1, 2, 1]


@pytest.mark.parametrize("promotions", [0, 1])
def test_there_is_nothing_to_go_back_to_before_a_second_champion(
    promotions: int, tmp_path: Path, database: Database
) -> None:
    version = applied(tmp_path)
    for _ in range(promotions):
        promote(version)
    with pytest.raises(Conflict):
        services.rollback(endpoint="purchase")


def test_a_rollback_restores_the_schema_and_needs_no_release(tmp_path: Path, database: Database) -> None:
    table = pays(tmp_path)
    promote(applied(tmp_path, features=[RequestSource("job"), table]))
    before = selectors.route("purchase")
    assert before is not None
    promote(second_declaration(tmp_path, features=[RequestSource("job")]))
    back = selectors.document(services.rollback(endpoint="purchase").revision)
    assert back.lookups == before.lookups
    assert back.lookups


def test_an_endpoint_that_is_declared_no_more_can_be_rolled_back(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    for version in (first, copy(first)):
        promote(version)
    forget(discovery.find("purchase"))
    services.rollback(endpoint="purchase")
    assert champions() == [1, 2, 1]


def test_a_version_for_another_task_is_refused(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path)
    version.manifest["task"] = "regression"
    version.manifest["golden"] = []
    version.save()
    with pytest.raises(DeclarationError, match="regression"):
        promote(version)


def test_a_champion_that_no_longer_loads_is_not_brought_back(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    for version in (first, copy(first)):
        promote(version)
    Version.objects.filter(number=1).update(
        manifest={**first.manifest, "artifacts": [{**first.manifest["artifacts"][0], "digest": "0" * 64}]}
    )
    with pytest.raises(FlyballError, match="purchase@1"):
        services.rollback(endpoint="purchase")
    assert champions() == [1, 2]


def test_a_version_is_named_by_number_or_as_champion(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    promote(copy(first))
    assert [str(selectors.resolve(text)) for text in ("purchase@1", "purchase@champion", "purchase")] == [
        "purchase@1",
        "purchase@2",
        "purchase@2",
    ]
    newest = copy(first)
    assert selectors.resolve("purchase", default="newest") == selectors.resolve("purchase@newest") == newest
    assert str(selectors.resolve("purchase@champion", default="newest")) == "purchase@2"
    for text in ("purchase@9", "purchase@loser", "purchase@²", "purchase@" + "9" * 5000):
        with pytest.raises(UnknownVersion):
            selectors.resolve(text)


def test_stages_follow_from_the_arms(tmp_path: Path, database: Database) -> None:
    first = applied(tmp_path)
    second = copy(first)
    promote(first)
    route = selectors.route("purchase")
    assert [selectors.version_stage(version, route) for version in (first, second)] == [
        "production",
        "testing",
    ]
