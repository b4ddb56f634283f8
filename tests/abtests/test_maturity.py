"""Which units a verdict may stand on."""

from __future__ import annotations

import numpy as np

from flyball.domain.abtests.maturity import cohort, missing
from flyball.domain.abtests.moments import Moments, of_counts

DAY = 86_400.0


def lacking(units: int, missing: int) -> Moments:
    return of_counts(np.asarray(float(units)), np.asarray(float(missing)))


def test_a_unit_counts_when_its_time_is_over_and_as_it_was_then() -> None:
    exposed = np.array([0.0, 0.0, 0.0, 6 * DAY])
    outcome = np.array([2 * DAY, 8 * DAY, np.inf, 6.5 * DAY])
    found = cohort(exposed, outcome, now=10 * DAY, within=7 * DAY)
    assert found.mature.tolist() == [True, True, True, False]
    assert found.known.tolist() == [True, False, False, False]  # the second came too late, the last too soon


def test_outcomes_that_lack_alike_are_no_difference() -> None:
    interval = missing([(lacking(5000, 520), lacking(5000, 500))])
    assert interval.lower < 0 < interval.upper


def test_outcomes_that_lack_more_in_one_arm_differ() -> None:
    assert missing([(lacking(5000, 800), lacking(5000, 500))]).lower > 0


def test_an_arm_whose_outcomes_all_lack_differs() -> None:
    assert missing([(lacking(500, 500), lacking(500, 20))]).lower > 0
    assert missing([(lacking(2000, 0), lacking(2000, 200))]).upper < 0
