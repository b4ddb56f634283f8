"""The interval of paired losses, looked at after every row: rarely wrong where both are as good."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from flyball.domain.abtests.evidence import paired
from flyball.domain.abtests.moments import of_sums
from flyball.domain.abtests.sequences import Interval, Mixture, rho
from flyball.domain.shadows.judged import LEVEL, PLANNED, Judged

Array = npt.NDArray[np.float64]
World = Callable[[np.random.Generator, tuple[int, int]], Array]


def labels(apart: float, gain: float = 0.0) -> World:
    """Errors that only one of the two makes; the shadow by ``gain`` more seldom."""

    def drawn(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
        chance = rng.random(shape)
        better = (apart + gain) / 2
        return np.where(chance < better, -1.0, np.where(chance < apart, 1.0, 0.0))

    return drawn


def squares(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Of errors with heavy tails."""
    return np.asarray(rng.standard_t(5, size=shape) ** 2 - rng.standard_t(5, size=shape) ** 2)


def skewed(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Losses of one mean that are skewed, and not alike."""
    return np.asarray(rng.exponential(size=shape) - rng.exponential(size=shape) ** 1.5 / math.gamma(2.5))


def looked_at(differences: Array) -> Interval:
    """After each row."""
    units = np.broadcast_to(np.arange(1.0, differences.shape[1] + 1), differences.shape)
    sums = [(differences**power).cumsum(1) for power in (1, 2, 3)]
    moments = of_sums(units, *sums)
    mixture = np.maximum(rho(LEVEL, PLANNED) * moments.variance, 1e-300)
    apart = (differences != 0).cumsum(1).astype(float)
    return Mixture(LEVEL, mixture).interval(paired(moments, apart))


@pytest.mark.parametrize("world", [labels(0.2), labels(0.02), squares, skewed])
def test_where_both_are_as_good_it_is_wrong_in_less_than_five_of_a_hundred(world: World) -> None:
    found = looked_at(world(np.random.default_rng(7), (400, 1500)))
    wrong = (found.lower > 0) | (found.upper < 0)
    assert wrong.any(axis=1).mean() <= LEVEL


def test_where_the_shadow_is_better_it_says_so_in_the_end() -> None:
    found = looked_at(labels(0.2, gain=0.06)(np.random.default_rng(7), (200, 3000)))
    assert (found.upper < 0).any(axis=1).mean() > 0.9
    assert (found.lower > 0).any(axis=1).mean() == 0


def test_sums_that_are_kept_say_what_the_rows_say() -> None:
    differences = labels(0.3)(np.random.default_rng(3), (1, 300))[0]
    judged = Judged()
    for each in differences:
        judged.add((max(each, 0.0), None), (max(-each, 0.0), None), is_unit=True)
    kept, fresh = judged.interval(), looked_at(differences[None, :])
    assert float(kept.lower) == pytest.approx(float(fresh.lower[0, -1]))
    assert float(kept.upper) == pytest.approx(float(fresh.upper[0, -1]))
    assert judged.better - judged.worse == -differences.sum()


def test_it_says_nothing_before_ten_rows_differ() -> None:
    found = looked_at(labels(0.02)(np.random.default_rng(1), (1, 1000)))
    assert not np.isfinite(found.lower[0, :100]).any()
