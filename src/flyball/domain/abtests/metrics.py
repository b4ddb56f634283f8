"""What an A/B test may be judged by: the metrics that every endpoint has, and those that it declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flyball.domain.forgiving import Wrong, forgiving
from flyball.domain.values import duration

Action = Literal["promote", "tell"]
"""What becomes of a challenger that has won."""
Better = Literal["higher", "lower", "same"]
Shape = Literal["mean", "ratio", "cuped", "latency", "auc", "errors"]
"""What of a unit is added up: a value; two, whose sums are divided; a value and one from before the test;
seconds into bins; the score and the class into bins. Of errors it is calls, not units: a call that failed has
left no prediction behind."""


@forgiving
class Metric:
    """A metric of the business: what each unit of an A/B test brings within some time of its first answer.

    Rows come from a SQL ``query`` on the project's database or a Django ``model`` (``"shop.Payment"``).
    ``on`` is the column (a model's field) that says whose a row is, ``time`` when it was, ``value`` how
    much, of which the sum counts; without ``value`` rows are counted. ``within`` (``"30d"``, ``"12h"``,
    ``"30m"``) is how long after a unit's first prediction rows count: the unit counts once that is
    over. ``per`` is a second column: the metric is then the ratio of the two sums (amount per item).
    ``before`` is a time before the first prediction whose sum foretells the value (CUPED): intervals
    narrow. ``low`` and ``high`` bound a unit's value, so that no single one decides (winsorising).
    ``better`` is ``"higher"`` or ``"lower"``.
    """

    wrong: tuple[Wrong, ...]

    def __init__(
        self,
        name: str,
        *,
        on: str,
        within: str,
        query: str = "",
        model: str = "",
        time: str = "at",
        value: str = "",
        per: str = "",
        before: str = "",
        low: float | None = None,
        high: float | None = None,
        better: str = "higher",
    ) -> None:
        self.name = name
        self.on = on
        self.within = within
        self.query = query
        self.model = model
        self.time = time
        self.value = value
        self.per = per
        self.before = before
        self.low = low
        self.high = high
        self.better = better

    @property
    def period(self) -> timedelta:
        """``within`` as a duration. Raises ``ValueError`` when it cannot be read."""
        return duration(self.within)

    @property
    def prelude(self) -> timedelta:
        """``before`` as a duration; none where nothing foretells. Raises ``ValueError``."""
        return duration(self.before or "0d")

    @property
    def shape(self) -> Shape:
        """What of a unit is added up."""
        if self.before:
            return "cuped"
        return "ratio" if self.per else "mean"


@dataclass(frozen=True, slots=True)
class Known:
    """A metric that endpoints have without declaring it.

    ``tasks`` are those of endpoints that have it; ``outcomes`` says whether it needs outcomes; ``positive``
    whether there must be two classes, of which one is declared positive.
    """

    name: str
    shape: Shape
    better: Better
    tasks: tuple[str, ...] = ("classification", "regression")
    outcomes: bool = True
    positive: bool = False


EVERY_TASK = ("classification", "regression", "clustering", "anomaly_detection")
KNOWN = {
    metric.name: metric
    for metric in (
        Known("outcome", "ratio", "higher", positive=True),
        Known("accuracy", "ratio", "higher", ("classification",)),
        Known("log_loss", "ratio", "lower", ("classification",)),
        Known("brier", "ratio", "lower", ("classification",)),
        Known("roc_auc", "auc", "higher", ("classification",), positive=True),
        Known("absolute_error", "ratio", "lower", ("regression",)),
        Known("squared_error", "ratio", "lower", ("regression",)),
        Known("output", "mean", "same", outcomes=False, positive=True),
        Known("errors", "errors", "lower", EVERY_TASK, outcomes=False),
        Known("latency_p50", "latency", "lower", EVERY_TASK, outcomes=False),
        Known("latency_p95", "latency", "lower", EVERY_TASK, outcomes=False),
        Known("latency_p99", "latency", "lower", EVERY_TASK, outcomes=False),
    )
}
"""By name. ``outcome`` is the mean of outcomes themselves (of the positive class: its rate), ``output`` that
of the positive class's probability, or of a regression's value: how far answers shifted."""


def quantile_of(name: str) -> float:
    """The quantile that a metric of latency compares: 0.99 of ``latency_p99``."""
    return int(name.removeprefix("latency_p")) / 100


def wrong_in(metric: Metric, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a metric among those of these names, and what to do."""
    yield from _named(metric, names)
    if metric.better not in {"higher", "lower"}:
        yield "is better in no direction", 'Say better="higher" or better="lower".'
    if metric.per and metric.before:
        yield "is a ratio with a value before", "A ratio has no before=."
    if None not in (metric.low, metric.high) and not float(metric.low or 0) < float(metric.high or 0):
        yield "has no room between low and high", "Give low below high."
    try:
        if not metric.period + metric.prelude * 0:
            yield "counts nothing", 'Give a time after the first prediction: within="30d".'
    except ValueError as error:
        yield "has a time that cannot be read", str(error)


def _named(metric: Metric, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", metric.name) or metric.name in KNOWN:
        yield "needs a name of its own", f"Endpoints have these already: {', '.join(KNOWN)}."
    if names.count(metric.name) > 1:
        yield "is there twice", "Give each a name of its own."
    if bool(metric.query) == bool(metric.model):
        yield "needs one source", "Give a model or query=, and only one."
