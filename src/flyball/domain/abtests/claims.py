"""What may be claimed of which metric at which level, so that all claims together keep the test's level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from flyball.domain.abtests.metrics import Better
from flyball.domain.abtests.sequences import Interval

Role = Literal["primary", "secondary", "guardrail"]
Flags = npt.NDArray[np.bool_]

GUARDED = 0.2
"""The guardrails' share of the level, where there are any."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the test.

    ``better`` is ``same`` where every difference is for the worse. ``margin`` is how much worse a challenger
    may be and still pass, in units of the metric. A primary metric
    with ``one_sided`` asks only whether it is not worse than that. ``outcomes`` says whether it rests on
    outcomes, so that it waits for them; latency does not.
    """

    name: str
    role: Role = "primary"
    better: Better = "higher"
    margin: float | None = None
    one_sided: bool = False
    outcomes: bool = True

    def __post_init__(self) -> None:
        if self.margin is not None and not 0 < self.margin < math.inf:
            raise ValueError(f"The margin of {self.name} is a number above 0.")
        if self.better == "same" and self.role == "primary":
            raise ValueError(f"No challenger can win by {self.name}: it has no better direction.")
        if self.one_sided and (self.margin is None or self.role != "primary"):
            raise ValueError(f"Only a primary metric with a margin can be one-sided; {self.name} is not.")

    @property
    def sided(self) -> int:
        """Of its intervals."""
        return 1 if self.one_sided else 2


def levels(level: float, metrics: Sequence[Metric], challengers: int) -> dict[str, float]:
    """The level of each metric's interval for each challenger.

    Bonferroni over challengers and over guardrails. Secondary metrics share their primary's part: they are
    claimed only of a challenger of which something is claimed in the primary metric (a gatekeeper: Dmitrienko
    and Tamhane 2007). Where the primary does not differ, that has a chance of at most the primary's level;
    where it does, no claim on it is false, and its level is the secondaries' to spend.
    """
    if sum(metric.role == "primary" for metric in metrics) != 1:
        raise ValueError("A test has one primary metric.")
    if len({metric.name for metric in metrics}) != len(metrics):
        raise ValueError("Two metrics of the test have one name.")
    count = {role: sum(metric.role == role for metric in metrics) for role in ("secondary", "guardrail")}
    guarded = GUARDED * level if count["guardrail"] else 0.0
    shares = {
        "primary": level - guarded,
        "secondary": (level - guarded) / max(count["secondary"], 1),
        "guardrail": guarded / max(count["guardrail"], 1),
    }
    return {metric.name: shares[metric.role] / challengers for metric in metrics}


def turned(interval: Interval) -> Interval:
    """The interval of the opposite difference, champion less challenger."""
    return Interval(-interval.estimate, -interval.upper, -interval.lower, -interval.ahead)


def differs(interval: Interval) -> Flags:
    """Whether the arms are shown to differ."""
    return _above(interval) | _above(turned(interval))


def toward_better(metric: Metric, interval: Interval) -> Interval:
    """The interval of what is gained: turned round where lower values are better, below 0 where none is."""
    if metric.better == "higher":
        return interval
    if metric.better == "same":
        nearest = np.maximum(np.maximum(interval.lower, -interval.upper), 0.0)
        farthest = np.maximum(np.abs(interval.lower), np.abs(interval.upper))
        return Interval(-np.abs(interval.estimate), -farthest, -nearest, -np.abs(interval.ahead))
    return turned(interval)


def better(metric: Metric, interval: Interval) -> Flags:
    """Whether the challenger is shown to be better than the champion. A one-sided metric does not ask."""
    gain = toward_better(metric, interval)
    return _above(gain) & (not metric.one_sided)


def worse(metric: Metric, interval: Interval) -> Flags:
    """Whether it is shown to be worse; of a guardrail with a margin, by more. One-sided: not asked."""
    gain = toward_better(metric, interval)
    if metric.role == "guardrail" and metric.margin is not None:
        return np.asarray(gain.upper < -metric.margin) & (not metric.one_sided)
    return _above(turned(gain)) & (not metric.one_sided)


def not_worse(metric: Metric, interval: Interval) -> Flags:
    """Whether it is shown to lose less than the margin. Without a margin nothing is shown."""
    gain = toward_better(metric, interval)
    return _above(gain) | (gain.lower > -(0.0 if metric.margin is None else metric.margin))


def equal(metric: Metric, interval: Interval) -> Flags:
    """Whether the difference is shown to lie within the margin, on both sides."""
    if metric.margin is None or metric.one_sided:
        return np.zeros_like(interval.estimate, dtype=np.bool_)
    return np.asarray((interval.lower > -metric.margin) & (interval.upper < metric.margin))


def _above(interval: Interval) -> Flags:
    """Whether the difference is shown to be above 0."""
    return np.asarray((interval.lower > 0) | (interval.ahead > 0))
