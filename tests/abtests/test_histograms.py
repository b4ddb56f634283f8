"""AUC and quantiles from histograms, against other ways to compute them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from flyball.domain.abtests.histograms import Bins, auc, exceedance, latency_bins, score_bins, threshold


def scores(seed: int) -> tuple[np.ndarray, np.ndarray, Bins]:
    rng = np.random.default_rng(seed)
    return (
        rng.normal(0.4, 0.15, 80).round(2),
        rng.normal(0.55, 0.2, 50).round(2),
        Bins(tuple(np.arange(-1, 2, 0.01) - 0.005)),
    )


def test_the_area_is_that_of_mann_and_whitney() -> None:
    negatives, positives, bins = scores(1)
    found = auc(bins.counted(negatives).astype(float), bins.counted(positives).astype(float))
    statistic = stats.mannwhitneyu(positives, negatives).statistic
    assert found.mean == pytest.approx(statistic / (80 * 50))


def test_its_variance_is_delong_s_by_all_pairs() -> None:
    negatives, positives, bins = scores(2)
    found = auc(bins.counted(negatives).astype(float), bins.counted(positives).astype(float))
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    brute = wins.mean(1).var(ddof=1) / 50 + wins.mean(0).var(ddof=1) / 80
    assert found.variance / found.units == pytest.approx(brute)


def test_an_arm_without_one_of_the_classes_says_nothing() -> None:
    counts = score_bins().counted([0.1, 0.9]).astype(float)
    assert auc(counts, np.zeros_like(counts)).units == 0


def test_the_champion_exceeds_its_own_quantile_as_often_as_the_quantile_says() -> None:
    bins = latency_bins()
    counts = bins.counted(np.random.default_rng(3).lognormal(-2, 0.5, 20_000)).astype(float)
    for quantile in (0.5, 0.9, 0.99):
        found = exceedance(counts, threshold(counts, quantile))
        assert found.mean == pytest.approx(1 - quantile, abs=0.025)
        assert found.variance == pytest.approx(found.mean * (1 - found.mean), rel=0.001)


def test_values_on_an_edge_and_beyond_the_edges_are_counted() -> None:
    assert Bins((1.0, 2.0)).counted([0.5, 1.0, 2.0, 99.0]).tolist() == [1, 1, 2]


def test_a_missing_value_is_not_counted_anywhere() -> None:
    with pytest.raises(ValueError, match="missing"):
        score_bins().counted([0.5, float("nan")])
