"""Which thresholds may be the cheapest, whatever errors cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flyball.domain.finishing.costs import NEVER, TradeOff

Numbers = npt.NDArray[np.float64]


def trade_offs(probability: Numbers, is_positive: npt.NDArray[np.bool_], weights: Numbers) -> list[TradeOff]:
    """The thresholds that are cheapest for some costs, ascending, with the weights that they decide wrongly.

    They are the corners of the convex hull of the ROC curve (Provost and Fawcett 2001, "Robust
    Classification for Imprecise Environments"): from deciding everything positive to nothing.
    """
    scores, place = np.unique(probability, return_inverse=True)
    positives = np.bincount(place, np.where(is_positive, weights, 0.0), len(scores))
    negatives = np.bincount(place, np.where(is_positive, 0.0, weights), len(scores))
    # From the threshold of each score on rows are positive; from the last one on none is.
    misses = np.concatenate([[0.0], np.cumsum(positives)])
    alarms = np.concatenate([np.cumsum(negatives[::-1])[::-1], [0.0]])
    lows = np.concatenate([[0.0], scores])
    highs = np.concatenate([scores, [1.0 if scores[-1] < 1 else 2 * NEVER - 1]])
    return [
        TradeOff(float(lows[at]), float(highs[at]), float(alarms[at]), float(misses[at]))
        for at in _corners(alarms, misses)
    ]


def _corners(alarms: Numbers, misses: Numbers) -> list[int]:
    """Places of the corners of the lower hull; alarms fall and misses grow. Of equal points the first."""
    kept: list[int] = []
    for at in range(len(alarms)):
        if kept and alarms[at] == alarms[kept[-1]] and misses[at] == misses[kept[-1]]:
            continue
        while len(kept) > 1 and not _turns(alarms, misses, kept[-2], kept[-1], at):
            kept.pop()
        kept.append(at)
    return kept


def _turns(alarms: Numbers, misses: Numbers, first: int, second: int, third: int) -> bool:
    """Whether the way by the second point is below the straight one."""
    along = (alarms[second] - alarms[first], misses[second] - misses[first])
    whole = (alarms[third] - alarms[first], misses[third] - misses[first])
    return bool(along[0] * whole[1] - along[1] * whole[0] < 0)
