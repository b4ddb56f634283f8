"""From what errors cost to the threshold at which they cost the least."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

NEVER = math.nextafter(1.0, 2.0)
"""A threshold that no probability reaches."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a false positive and a false negative cost, in any unit. One of them may be infinite."""

    false_positive: float
    false_negative: float

    @property
    def are_sound(self) -> bool:
        """Whether both are above nothing, and one of them is finite."""
        both = (self.false_positive, self.false_negative)
        return all(each > 0 for each in both) and min(both) < math.inf

    @property
    def break_even(self) -> float:
        """The probability from which on a positive decision costs less, where probabilities are right.

        Source: Elkan 2001, "The Foundations of Cost-Sensitive Learning". 0 where a false negative costs
        infinitely much, 1 where a false positive does.
        """
        if math.isinf(self.false_positive):
            return 1.0
        return self.false_positive / (self.false_positive + self.false_negative)


@dataclass(frozen=True, slots=True)
class TradeOff:
    """What any threshold above ``low``, up to ``high``, costs: the weights of rows decided wrongly."""

    low: float
    high: float
    false_positives: float
    false_negatives: float

    def threshold(self, break_even: float) -> float:
        """The break-even probability, where it is one of these thresholds; else the one in the middle."""
        if self.low < break_even <= self.high:
            return break_even
        return (self.low + self.high) / 2


def cheapest(break_even: float, known: Sequence[TradeOff]) -> float:
    """The threshold that ``chosen`` finds; where nothing is ``known``, the break-even probability itself.

    ``NEVER`` stands in place of 1 then.
    """
    if known:
        return chosen(break_even, known)[0]
    return NEVER if break_even == 1 else break_even


def chosen(break_even: float, known: Sequence[TradeOff]) -> tuple[float, TradeOff]:
    """The threshold at which errors cost the least; ``known`` are all that may be cheapest for some costs.

    Of those that cost the same, the one nearest to the break-even probability, and of these the lowest. Where
    one kind of error costs infinitely much, the fewest of that kind come first, then the fewest of the other.
    """
    costs = [_cost(break_even, each) for each in known]
    least = min(costs)
    ties = [
        (each.threshold(break_even), each)
        for each, cost in zip(known, costs, strict=True)
        if _same(cost, least)
    ]
    return min(ties, key=lambda tie: (abs(tie[0] - break_even), tie[0]))


def _cost(break_even: float, each: TradeOff) -> tuple[float, float]:
    """In parts of what both errors cost together; then, of what costs nothing beside the other, how many."""
    cost = break_even * each.false_positives + (1 - break_even) * each.false_negatives
    beside = {0.0: each.false_positives, 1.0: each.false_negatives}.get(break_even, 0.0)
    return cost, beside


def _same(cost: tuple[float, float], least: tuple[float, float]) -> bool:
    # Sums of weights differ in their last digits by the order in which they were added.
    return all(math.isclose(*pair, rel_tol=1e-12, abs_tol=0.0) for pair in zip(cost, least, strict=True))
