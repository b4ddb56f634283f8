"""Applying brings the database in line with the declarations, names each change, and is done once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flyball import FeatureTable, Outcome, RequestSource, Threshold
from flyball.control.accounts.models import Team
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.control.routing import selectors, services
from flyball.control.routing.models import RouteRevision
from flyball.control.routing.publishing import publish
from flyball.control.routing.services import Change
from flyball.domain.declaration import Endpoint as Declaration
from flyball.domain.errors import DeclarationError, GoldenMismatch
from flyball.domain.routing import Arm, Lookup
from flyball.domain.schema import Kind
from flyball.stores.database import Database
from tests import published
from tests.registry import small

pytestmark = pytest.mark.storage

DECIDE = Threshold(0.4, at_or_above="call", below="leave")


def apply(declaration: type[Declaration]) -> list[Change]:
    return services.apply(declarations={declaration.name: declaration})


def declare(folder: Path, **attributes: Any) -> type[Declaration]:
    return small.declare(small.write_csv(folder / "rows.csv"), **attributes)


def promoted(folder: Path, **attributes: Any) -> Version:
    declaration, version = small.version(folder, **attributes)
    apply(declaration)
    services.promote(endpoint="purchase", version=version.number)
    return version


def test_a_first_application_makes_the_team_and_the_endpoint(tmp_path: Path, database: Database) -> None:
    changes = apply(declare(tmp_path, team="sales", __doc__="Who buys?"))
    assert changes == [
        Change("purchase", "team sales is created"),
        Change("purchase", "is created (classification, team sales)"),
    ]
    made = Endpoint.objects.get()
    assert (made.name, made.team.slug, made.description) == ("purchase", "sales", "Who buys?")


def test_applied_again_nothing_changes(tmp_path: Path, database: Database) -> None:
    declaration = declare(tmp_path)
    apply(declaration)
    before = Endpoint.objects.get().applied_at
    assert apply(declaration) == []
    assert Endpoint.objects.get().applied_at == before


def test_a_plan_names_the_same_changes_and_makes_none(tmp_path: Path, database: Database) -> None:
    declaration = declare(tmp_path)
    plan = services.plan_changes(declarations={"purchase": declaration})
    assert not Endpoint.objects.exists()
    assert not Team.objects.exists()
    assert plan == apply(declaration)


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"decide": DECIDE}, "new decision: route 2"),
    (
        {"outcome": Outcome("bought", positive="yes", repeated="first")},
        "new rule for repeated references: route 2",
    ),
    ({"team": "sales"}, "moves from team default to team sales"),
    ({"__doc__": "Who buys?"}, "has a new description"),
]


@pytest.mark.parametrize(("attributes", "what"), CHANGES)
def test_what_changed_in_a_declaration_is_named_and_written_once(
    attributes: dict[str, Any], what: str, tmp_path: Path, database: Database
) -> None:
    promoted(tmp_path)
    changed = declare(tmp_path, **attributes)
    assert what in [change.what for change in apply(changed)]
    assert apply(changed) == []


def test_a_threshold_changes_without_a_new_version(tmp_path: Path, database: Database) -> None:
    promoted(tmp_path, decide=DECIDE)
    apply(declare(tmp_path, decide=Threshold(0.9, at_or_above="call", below="leave")))
    route = selectors.route("purchase")
    assert route is not None
    assert route.champion.decision is not None
    assert (route.number, route.champion.version, route.champion.decision.threshold) == (2, 1, 0.9)


def test_each_arm_gets_the_threshold_that_fits_its_version(tmp_path: Path, database: Database) -> None:
    promoted(tmp_path)
    published.store(database, endpoint="purchase", version=2, labels=("maybe", "perhaps"))
    current = selectors.route("purchase")
    assert current is not None
    arms = (*current.arms, Arm("challenger", 1), Arm("shadow", 2))
    publish(route=replace(current, number=2, arms=arms), kind=RouteRevision.Kind.TEST, reason="a test")
    changed = declare(tmp_path, decide=DECIDE)
    assert [change.what for change in apply(changed)] == ["new decision: route 3"]
    route = selectors.route("purchase")
    assert route is not None
    assert [arm.decision is None for arm in route.arms] == [False, False, True]


def test_an_endpoint_that_moves_takes_its_route_along(tmp_path: Path, database: Database) -> None:
    promoted(tmp_path)
    apply(declare(tmp_path, team="sales"))
    route = selectors.route("purchase")
    assert route is not None
    assert route.team == "sales"


def test_lookups_follow_the_declaration(tmp_path: Path, database: Database) -> None:
    (tmp_path / "pays.csv").write_text("\n".join(["age,pay", *(f"{age},{age % 7}" for age in range(20, 70))]))
    table = FeatureTable("pays", file=str(tmp_path / "pays.csv"), on="age", static=True)
    promoted(tmp_path, features=[RequestSource("job"), table])
    changed = FeatureTable("pays", query="SELECT 1 AS age, 2 AS pay", on="age", static=True)
    changes = apply(declare(tmp_path, features=[RequestSource("job"), changed]))
    assert changes == [Change("purchase", "new lookups: route 2")]


def refused(declaration: type[Declaration], error: type[Exception], match: str) -> None:
    before = RouteRevision.objects.count()
    with pytest.raises(error, match=match):
        apply(declaration)
    assert RouteRevision.objects.count() == before
    assert not Team.objects.filter(slug="sales").exists()


def test_a_faulty_declaration_stops_everything(tmp_path: Path, database: Database) -> None:
    refused(declare(tmp_path, outcome=None, team="sales"), DeclarationError, r"flyball\.E004: .*outcome")


def test_a_source_that_cannot_be_read_stops_everything(tmp_path: Path, database: Database) -> None:
    (tmp_path / "odd.parquet").write_text("age,job")
    refused(small.declare(tmp_path / "odd.parquet", team="sales"), DeclarationError, r"flyball\.E022")


def test_a_server_needs_no_file_that_snapshots_are_taken_of(tmp_path: Path, database: Database) -> None:
    promoted(tmp_path)
    (tmp_path / "rows.csv").unlink()
    assert apply(small.declare(tmp_path / "rows.csv")) == []


def test_a_team_that_cannot_be_named_so_stops_everything(tmp_path: Path, database: Database) -> None:
    refused(declare(tmp_path, team="../Sales"), DeclarationError, "team")


def test_a_routed_version_that_misses_its_golden_answers_stops_everything(
    tmp_path: Path, database: Database
) -> None:
    version = promoted(tmp_path)
    version.manifest["golden"][0][1]["probabilities"]["yes"] += 0.001
    version.save()
    refused(declare(tmp_path, team="sales"), GoldenMismatch, "purchase@1")


def test_a_table_that_a_routed_version_needs_may_not_go(tmp_path: Path, database: Database) -> None:
    (tmp_path / "pays.csv").write_text("\n".join(["age,pay", *(f"{age},{age % 7}" for age in range(20, 70))]))
    table = FeatureTable("pays", file=str(tmp_path / "pays.csv"), on="age", static=True)
    promoted(tmp_path, features=[RequestSource("job"), table])
    refused(declare(tmp_path, team="sales", features=[RequestSource("job")]), DeclarationError, "pays")


def test_a_positive_class_that_the_champion_does_not_know_is_refused(
    tmp_path: Path, database: Database
) -> None:
    promoted(tmp_path, decide=DECIDE)
    wrong = declare(tmp_path, team="sales", decide=DECIDE, outcome=Outcome("bought", positive="maybe"))
    refused(wrong, DeclarationError, "positive")


def test_an_endpoint_that_is_declared_no_more_keeps_answering(tmp_path: Path, database: Database) -> None:
    promoted(tmp_path)
    assert services.apply(declarations={}) == []
    assert selectors.route("purchase") is not None


def test_a_lookup_that_reads_a_whole_table_is_named(tmp_path: Path, database: Database) -> None:
    promoted(tmp_path)
    current = selectors.route("purchase")
    assert current is not None
    assert selectors.slow_lookups("purchase") == []
    slow = Lookup(
        table="orders",
        on="total",
        key_kind=Kind.NUMBER,
        sql=database.sql("SELECT returned FROM shop_order WHERE total = ?"),
        columns=(("returned", Kind.BOOLEAN),),
    )
    following = replace(current, number=current.number + 1, lookups=(slow,))
    publish(route=following, kind=RouteRevision.Kind.APPLY, reason="apply")
    (warning,) = selectors.slow_lookups("purchase")
    assert "shop_order" in warning
