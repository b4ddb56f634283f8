"""Simulated tests, looked at after every outcome: a short version of the table in docs/abtests.md."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.abtests import cells, others
from benchmarks.abtests.cells import WORLDS, Run, needed
from benchmarks.abtests.running import SPLITS, Split, stops
from benchmarks.abtests.worlds import Normal, Rate, World

from flyball.domain.abtests.claims import differs

LATE = others.Delayed(375, 0.2)
LONG = {"rate 0.02", "revenue, σ = 2"}
SHORT = {name: world for name, world in WORLDS.items() if name not in LONG}


@pytest.mark.parametrize("split", [SPLITS[0], SPLITS[2]], ids=lambda split: split.name)
@pytest.mark.parametrize("world", [*SHORT.values(), LATE], ids=[*SHORT, "delayed labels"])
def test_where_nothing_differs_hardly_anything_is_claimed(world: World, split: Split) -> None:
    """Of 60 tests at the 5 % level, with all of it spent, 9 or more would be wrong once in 250 times."""
    found = stops(world, split, 60, 20, horizon=3.0)
    assert np.isfinite(found[0.05]).sum() <= 8


def test_hostile_values_in_an_uneven_split_are_not_claimed_to_differ() -> None:
    found = stops(WORLDS["revenue, σ = 2"], SPLITS[1], 30, 21, horizon=2.0)
    assert np.isfinite(found[0.05]).sum() <= 5


def test_a_planned_effect_is_found_in_little_more_than_the_planned_sample() -> None:
    found = stops(Normal(needed(Normal(1.0), 0.2)), SPLITS[0], 200, 22, lift=0.2, horizon=4.0)[0.01]
    assert (found <= 1.6).mean() >= 0.72  # 80 % less three standard errors of 200 tests
    assert np.minimum(found, 4.0).mean() <= 1.3


def test_two_looks_at_the_same_numbers_are_the_same() -> None:
    once, again = (stops(Rate(100, 0.2), SPLITS[0], 20, 23) for _ in range(2))
    assert all((once[level] == again[level]).all() for level in once)


def test_tests_that_cannot_claim_anything_are_left_out_and_no_others() -> None:
    found, whole = (
        stops(Rate(60, 0.2), SPLITS[2], 300, 26, claim=claim)
        for claim in (differs, lambda interval: differs(interval))
    )
    assert all((found[level] == whole[level]).all() for level in found)
    assert np.isfinite(found[0.05]).any()


def test_labels_that_come_late_and_unevenly_leave_the_estimate_where_it_is() -> None:
    late, arrived = others.late_estimates(400, 24)
    assert late.mean == pytest.approx(others.LATE_EFFECT, abs=0.01)
    assert arrived.mean > 0.07


def test_a_usual_test_looked_at_every_time_is_wrong_half_the_time() -> None:
    assert 0.35 <= others.usual_test(100, 25, 0.05) <= 0.65


def test_a_cell_says_whether_it_reached_its_goal() -> None:
    (row,) = cells.same_cell("rate", Rate(100, 0.2), SPLITS[0], 0, Run(10, 1))
    assert row[0] == "rate, 50/50"
    assert row[-1] in {"met", "missed"}
