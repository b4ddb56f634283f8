"""Summarising: from what was added up to intervals, and the summary that a verdict is made of."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from flyball.control.abtests.counting.accumulating import LATENCIES, SCORES, counts, of_day
from flyball.control.abtests.models import ABTest, Sums
from flyball.control.abtests.spec import Judged, Spec
from flyball.control.abtests.strata import CHAMPION, History
from flyball.domain.abtests import adjusted, maturity, split, sums
from flyball.domain.abtests.betting import Betting
from flyball.domain.abtests.claims import levels
from flyball.domain.abtests.evidence import between, combined
from flyball.domain.abtests.histograms import auc, exceedance, threshold
from flyball.domain.abtests.metrics import Shape, quantile_of
from flyball.domain.abtests.moments import Moments, of_counts
from flyball.domain.abtests.plan import sequence
from flyball.domain.abtests.sequences import Interval
from flyball.domain.abtests.sums import Sums as Exact
from flyball.domain.abtests.verdict import Challenger, Reading, Summary

Documents = Mapping[tuple[int, str], Mapping[str, Any]]
"""What was added up of one metric, by stratum and arm."""
NOTHING = Interval(np.asarray(0.0), np.asarray(-np.inf), np.asarray(np.inf))


@dataclass(frozen=True, slots=True)
class Added:
    """All that was added up of a test: by metric, and of the units themselves."""

    metrics: Mapping[str, Documents]
    units: Documents = field(default_factory=dict)

    def total(self, metric: str, name: str) -> int:
        """A count over all strata and arms."""
        every = self.units if not metric else self.metrics.get(metric, {})
        return sum(int(each.get(name, 0)) for each in every.values())


def added(test: ABTest) -> Added:
    """Read what was added up: a few rows, however many units."""
    found: dict[str, dict[tuple[int, str], Mapping[str, Any]]] = defaultdict(dict)
    for row in Sums.objects.filter(test=test):
        found[row.metric][row.stratum, row.arm] = row.document
    return Added(found, found.pop("", {}))


def summary(spec: Spec, history: History, kept: Added, moment: datetime) -> Summary:
    """What is known at a moment. The test has been in force."""
    challengers = history.challengers
    shares = levels(spec.level, [each.claimed for each in spec.metrics], len(challengers))
    moments = {each.name: moments_of(each, kept.metrics.get(each.name, {})) for each in spec.metrics}
    mismatch, cause = _mismatch(history, kept.units)
    return Summary(
        challengers=tuple(
            Challenger(
                name,
                tuple(
                    Reading(
                        each.claimed,
                        _interval(spec, each, _pairs(moments[each.name], history, name), shares[each.name]),
                    )
                    for each in spec.metrics
                ),
                _missing(spec, kept, history, name),
                gone=name not in history.strata[-1].shares,
            )
            for name in challengers
        ),
        running=(history.ended_at or moment) - history.strata[0].since,
        exposed=kept.total("", "units"),
        mature=kept.total(spec.primary.name, "mature"),
        mismatch=mismatch,
        cause=cause,
    )


By = dict[tuple[int, str], Moments]
"""Moments by stratum and arm."""


def moments_of(judged: Judged, documents: Documents) -> By:
    """What each arm's units were worth in each stratum, whatever the metric's shape."""
    if judged.shape == "latency":
        return _exceeding(judged.name, documents)
    if judged.shape == "errors":
        return {at: _failing(each) for at, each in documents.items()}
    if judged.shape == "auc":
        bins = len(SCORES.edges) + 1
        return {at: auc(*counts(each, 2, bins)) for at, each in documents.items()}
    exact = {at: sums.of_document(each["sums"]) for at, each in documents.items()}
    if judged.shape == "mean":
        return {at: each.moments() for at, each in exact.items()}
    if judged.shape == "ratio":
        return {at: adjusted.ratio(each.pair()) for at, each in exact.items()}
    return _foretold(exact)


def _foretold(exact: Mapping[tuple[int, str], Exact]) -> By:
    slope = adjusted.theta([each.pair() for each in exact.values()])
    return {at: adjusted.cuped(each.pair(), slope) for at, each in exact.items()}


def _failing(document: Mapping[str, Any]) -> Moments:
    return of_counts(*(np.asarray(float(document[name])) for name in ("calls", "failures")))


def _exceeding(name: str, documents: Documents) -> By:
    bins = len(LATENCIES.edges) + 1
    arms = {at: counts(each, 1, bins)[0] for at, each in documents.items()}
    champion = sum((each for (_, arm), each in arms.items() if arm == CHAMPION), np.zeros(bins))
    if not champion.any():
        return {}
    beyond = threshold(champion, quantile_of(name))
    return {at: exceedance(each, beyond) for at, each in arms.items()}


def _pairs(moments: By, history: History, challenger: str) -> list[tuple[Moments, Moments]]:
    """The challenger and the champion of each stratum that has both."""
    numbers = [each.number for each in history.strata]
    return [
        (moments[at, challenger], moments[at, CHAMPION])
        for at in numbers
        if (at, challenger) in moments and (at, CHAMPION) in moments
    ]


def _interval(spec: Spec, judged: Judged, pairs: Sequence[tuple[Moments, Moments]], level: float) -> Interval:
    if not pairs:
        return NOTHING
    if judged.bets or judged.shape == "errors":
        return Betting(level).interval(list(pairs))
    evidence = combined([between(*pair) for pair in pairs])
    return sequence(level, spec.information, evidence).interval(evidence, sided=judged.claimed.sided)


def by_day(spec: Spec, history: History, kept: Added, judged: Judged, challenger: str) -> list[Interval]:
    """The difference on each day since the first prediction: an effect of novelty wears off.

    Each interval is for its own day, at the test's level; together they claim nothing.
    """
    shape: Shape = "ratio" if judged.shape == "ratio" else "mean"
    daily, found = replace(judged, shape=shape, bets=False), []
    for day in itertools.count():
        documents = kept.metrics.get(of_day(judged.name, day))
        if documents is None:
            break
        pairs = _pairs(moments_of(daily, documents), history, challenger)
        found.append(_interval(spec, daily, pairs, spec.level))
    return found


def _missing(spec: Spec, kept: Added, history: History, challenger: str) -> Interval | None:
    """Whether outcomes lack more often than the champion's; ``None`` without a metric of outcomes."""
    judged = next((each for each in spec.metrics if each.outcomes and not each.declared), None)
    documents = {} if judged is None else kept.metrics.get(judged.name, {})
    lacking: By = {
        at: of_counts(np.asarray(float(each["mature"])), np.asarray(float(each["mature"] - each["known"])))
        for at, each in documents.items()
    }
    pairs = _pairs(lacking, history, challenger)
    return maturity.missing(pairs) if pairs else None


def _mismatch(history: History, units: Documents) -> tuple[float, str]:
    assigned = {
        f"route {each.revision}": split.Assigned(
            [float(units.get((each.number, arm), {}).get("units", 0)) for arm in each.shares],
            tuple(each.shares.values()),
        )
        for each in history.strata
        if len(each.shares) > 1
    }
    if not assigned:
        return 0.0, ""
    found = float(split.mismatch(list(assigned.values())))
    broken = found >= -np.log(split.LEVEL)
    alike = {len(each.shares) for each in assigned.values()}
    return found, split.likely_cause(assigned) if broken and len(alike) == 1 else ""


def arm_counts(kept: Added) -> dict[str, Counter[str]]:
    """Units and predictions by arm, over all strata."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, arm), document in kept.units.items():
        found[arm].update({name: int(document[name]) for name in ("units", "predictions")})
    return found
