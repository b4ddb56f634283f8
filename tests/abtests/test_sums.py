"""Sums of arms: the same whatever the order and the parts, and as exact as numbers can be."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from flyball.domain.abtests.adjusted import cuped, ratio, theta
from flyball.domain.abtests.sums import Sums, exact, of_document, of_rows, products, winsorised

FLOATS = arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e300, 1e300))


@given(FLOATS)
def test_a_sum_is_exact(values: np.ndarray) -> None:
    assert exact(values) == sum(map(Fraction, values.tolist()), Fraction(0))


def test_rows_in_any_order_and_in_any_parts_give_the_same_sums() -> None:
    rng = np.random.default_rng(1)
    first, second = np.exp(3 * rng.standard_normal((2, 1000)))
    order = rng.permutation(1000)
    parts = [of_rows(first[part], second[part]) for part in np.array_split(order, 7)]
    assert sum(parts, Sums()) == of_rows(first, second)


def test_sums_come_back_from_json_as_they_were() -> None:
    sums = of_rows([0.1, 0.2, 1e-9], [3.0, 1e12, 0.3])
    assert of_document(json.loads(json.dumps(sums.document()))) == sums


def test_moments_do_not_suffer_from_a_mean_far_from_zero() -> None:
    assert of_rows([1e9, 1e9 + 1, 1e9 + 2]).moments().squares == 2.0


@given(arrays(np.float64, 8, elements=st.floats(-1e100, 1e100)))
def test_a_sum_of_squares_is_exact(values: np.ndarray) -> None:
    far = values[np.abs(values) > 1e-100]  # below, what a rounding leaves is no float64 any more
    assert products(far, far) == sum((Fraction(value) ** 2 for value in far.tolist()), Fraction(0))


def test_moments_of_two_values_are_those_of_their_rows() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.exponential(size=500) + 2.0, rng.exponential(size=500) + 1.0
    pair = of_rows(x, y).pair()
    r = x.sum() / y.sum()
    for found, rows in [
        (ratio(pair), r + (x - r * y) / y.mean()),
        (cuped(pair, np.asarray(0.3)), x - 0.3 * y),
        (pair.first, x),
    ]:
        centred = rows - rows.mean()
        assert found.units == 500
        assert found.mean == pytest.approx(rows.mean())
        assert found.squares == pytest.approx((centred**2).sum())
        assert found.cubes == pytest.approx((centred**3).sum())


def test_the_slope_of_the_covariate_is_that_within_arms() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(400)
    arms = [of_rows(2.0 * x + 50.0, x).pair(), of_rows(2.0 * x - 7.0, x + 3.0).pair()]
    assert theta(arms) == pytest.approx(2.0)


def test_values_are_drawn_in_to_declared_bounds() -> None:
    assert winsorised([-5.0, 3.0, 900.0], high=100.0).tolist() == [-5.0, 3.0, 100.0]


def test_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="missing or infinite"):
        of_rows([1.0, np.nan])


def test_events_of_a_rate_are_its_rarer_outcomes() -> None:
    rare, common = of_rows([1.0] * 10 + [0.0] * 9990).moments(), of_rows([1.0] * 9990 + [0.0] * 10).moments()
    assert rare.events == pytest.approx(10, rel=0.01)
    assert common.events == pytest.approx(10, rel=0.01)
    assert of_rows([0.0] * 50).moments().events == 0
