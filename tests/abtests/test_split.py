"""Sample-ratio mismatch: units that do not fall as declared."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from flyball.domain.abtests.split import LEVEL, Assigned, likely_cause, mismatch


def assigned(*units: int, shares: tuple[float, ...] = (0.5, 0.5)) -> Assigned:
    return Assigned(np.array(units, dtype=float), shares)


def test_the_evidence_is_the_mixture_s_chance_beside_that_of_the_declared_shares() -> None:
    units, shares = [40, 70, 15], np.array([0.3, 0.5, 0.2])
    mixed = stats.dirichlet_multinomial.logpmf(units, 3000 * shares, 125)
    declared = stats.multinomial.logpmf(units, 125, shares)
    assert mismatch([assigned(*units, shares=(0.3, 0.5, 0.2))]) == pytest.approx(mixed - declared)


def test_a_split_that_is_off_by_three_in_a_hundred_is_found_and_a_sound_one_is_not() -> None:
    assert mismatch([assigned(51_500, 48_500)]) > -math.log(LEVEL)
    assert mismatch([assigned(50_150, 49_850)]) < 0


def test_weights_that_change_do_not_look_like_a_broken_split() -> None:
    strata = [assigned(9_000, 1_000, shares=(0.9, 0.1)), assigned(5_000, 5_000)]
    assert mismatch(strata) < 0
    assert mismatch([assigned(14_000, 6_000)]) > -math.log(LEVEL)


def test_shares_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        mismatch([assigned(1, 2, shares=(0.5, 0.4))])


@pytest.mark.parametrize(
    ("strata", "said"),
    [
        ({"r1": assigned(52_000, 48_000)}, "A challenger lacks units"),
        ({"r1": assigned(48_000, 52_000)}, "The champion lacks units"),
        ({"r1": assigned(5_000, 5_000), "r2": assigned(52_000, 48_000)}, "the weights of r2 alone"),
    ],
)
def test_the_likely_cause_is_named(strata: dict[str, Assigned], said: str) -> None:
    assert said in likely_cause(strata)
