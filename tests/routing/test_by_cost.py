"""Each version decides where its own errors cost the least; other costs need no new version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flyball import Threshold
from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import composition, selectors, services
from flyball.domain.finishing.costs import cheapest
from flyball.domain.routing import Arm, Decision
from flyball.stores.database import Database
from tests.registry import small
from tests.routing import purchase
from tests.routing.purchase import applied

pytestmark = pytest.mark.storage


def costing(false_positive: float, false_negative: float) -> Threshold:
    """Whom to call, where errors cost so much."""
    return Threshold.by_cost(
        false_positive=false_positive, false_negative=false_negative, at_or_above="call", below="leave"
    )


def decided() -> Decision:
    """What the champion decides."""
    route = selectors.route("purchase")
    assert route is not None
    assert route.champion.decision is not None
    return route.champion.decision


def cheapest_of(version: Version, costs: Threshold) -> float:
    """A version's cheapest threshold."""
    finish = registry.manifest(version).finish
    assert finish is not None
    assert finish.trade_offs
    assert costs.costs is not None
    return cheapest(costs.costs.break_even, finish.trade_offs)


def test_a_version_decides_at_the_threshold_that_its_own_predictions_out_of_fold_make_cheapest(
    tmp_path: Path, database: Database
) -> None:
    costs = costing(1, 5)
    version = applied(tmp_path, decide=costs)
    purchase.promote(version)
    assert decided().threshold == cheapest_of(version, costs)
    assert decided().label == "yes"
    (note,) = registry.manifest(version).finish.notes  # type: ignore[union-attr] # as above
    assert f"a threshold of {decided().threshold:.4g}" in note


def test_other_costs_need_no_new_version(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path, decide=costing(1, 5))
    purchase.promote(version)
    before = decided().threshold
    dear = costing(50, 1)
    declaration = small.declare(tmp_path / "rows.csv", decide=dear)
    services.apply(declarations={declaration.name: declaration})
    assert decided().threshold == cheapest_of(version, dear)
    assert decided().threshold > before


def test_a_version_from_before_costs_decides_at_the_break_even_probability(
    tmp_path: Path, database: Database
) -> None:
    purchase.promote(applied(tmp_path))
    declaration = small.declare(tmp_path / "rows.csv", decide=costing(1, 3))
    services.apply(declarations={declaration.name: declaration})
    assert decided().threshold == 0.25


def test_the_next_champion_has_a_threshold_of_its_own_and_going_back_brings_back_the_old_one(
    tmp_path: Path, database: Database
) -> None:
    purchase.promote(applied(tmp_path))
    declaration = small.declare(tmp_path / "rows.csv", decide=costing(1, 3))
    services.apply(declarations={declaration.name: declaration})
    second = purchase.second_declaration(tmp_path, decide=costing(1, 3))
    purchase.promote(second)
    assert decided().threshold == cheapest_of(second, costing(1, 3)) != 0.25
    services.rollback(endpoint="purchase")
    assert decided().threshold == 0.25


def test_an_arms_own_threshold_goes_before_costs(tmp_path: Path, database: Database) -> None:
    version = applied(tmp_path, decide=costing(1, 5))
    manifest = registry.manifest(version)
    made = composition.decision(small.declare(tmp_path / "rows.csv", decide=costing(1, 5)), manifest)
    own = Arm("challenger", version.number, threshold=0.4).deciding(made)
    assert own.decision is not None
    assert own.decision.of(replace(manifest, number=2)).threshold == 0.4


def test_diagnostics_begin_with_the_costs_that_are_declared(tmp_path: Path, database: Database) -> None:
    costs = costing(1, float("inf"))
    version = applied(tmp_path, decide=costs)
    found = diagnose_here(version=version).found
    assert found["costs"] == [1, None]
    assert found["threshold"] == cheapest_of(version, costs)
