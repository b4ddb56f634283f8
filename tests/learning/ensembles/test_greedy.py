"""The weights of a blend: the best single part at least, and what makes it better."""

from __future__ import annotations

import numpy as np
import pytest

from flyball.learning.searching.ensembles.greedy import Weigh, chosen

TRUTH = np.random.default_rng(0).normal(size=400)
NOISE = np.random.default_rng(1).normal(size=(6, 400))


def error_of(*answers: np.ndarray) -> Weigh:
    """The score of a mean of these answers: how near it is to the truth."""
    every = np.array(answers)
    return lambda weights: -float(np.square(weights @ every - TRUTH).mean())


def test_parts_that_err_alike_and_apart_share_the_weight() -> None:
    found = chosen(error_of(TRUTH + NOISE[0], TRUTH + NOISE[1]), 2)
    assert found == pytest.approx([0.5, 0.5], abs=0.1)


def test_weights_follow_the_precision_of_the_parts() -> None:
    found = chosen(error_of(TRUTH + NOISE[0], TRUTH + 2 * NOISE[1]), 2)
    assert found == pytest.approx([0.8, 0.2], abs=0.08)  # in proportion to 1 / variance


def test_a_part_that_only_harms_weighs_nothing() -> None:
    found = chosen(error_of(-TRUTH, TRUTH + 0.1 * NOISE[0]), 2)
    assert found is not None
    assert found.tolist() == [0.0, 1.0]


def test_of_parts_that_are_the_same_the_first_is_taken_alone() -> None:
    found = chosen(error_of(TRUTH, TRUTH, TRUTH), 3)
    assert found is not None
    assert found.tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("seed", range(20))
def test_no_part_alone_scores_better_on_the_same_rows(seed: int) -> None:
    draw = np.random.default_rng(seed)
    score = error_of(*(draw.uniform(0, 2) * TRUTH + draw.uniform(0, 2) * noise for noise in NOISE))
    found = chosen(score, 6)
    assert found is not None
    assert found.sum() == pytest.approx(1.0)
    assert found.min() >= 0.0
    scores = [score(alone) for alone in np.eye(6)]
    assert (score(found) or 0.0) >= max(each or -np.inf for each in scores)


def test_what_is_not_defined_is_never_the_best() -> None:
    found = chosen(lambda weights: 0.5 if weights[1] == 1.0 else None, 2)
    assert found is not None
    assert found.tolist() == [0.0, 1.0]
    assert chosen(lambda weights: None, 2) is None
