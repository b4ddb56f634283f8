"""The verdict of an A/B test: a pure function of its summary, told in one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from flyball.domain.abtests import split
from flyball.domain.abtests.claims import Metric, better, differs, equal, not_worse, worse
from flyball.domain.abtests.sentences import (
    claimed,
    cohort_text,
    error_rate,
    interval_text,
    period,
    undecided,
)
from flyball.domain.abtests.sequences import BURN_IN, Interval

State = Literal[
    "broken_split",
    "missing_outcomes",
    "immature",
    "winner",
    "not_worse",
    "harm",
    "no_difference",
    "too_early",
    "undecided",
    "time_over",
]


NOBODY = "No unit has come yet."


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric of one challenger: the interval of its difference from the champion, of single numbers."""

    metric: Metric
    interval: Interval


@dataclass(frozen=True, slots=True)
class Challenger:
    """A challenger's readings, in the order in which the metrics are declared, and its missing outcomes.

    One that is ``gone`` has no part in the test any more: what was seen of it stays, and judges nothing.
    """

    name: str
    readings: tuple[Reading, ...]
    missing: Interval | None = None
    gone: bool = False

    @property
    def primary(self) -> Reading:
        """That of the primary metric."""
        return next(reading for reading in self.readings if reading.metric.role == "primary")


@dataclass(frozen=True, slots=True)
class Rules:
    """When a test may stop. Harm never waits for ``at_least``."""

    level: float = 0.01
    at_least: timedelta = timedelta(days=7)
    at_most: timedelta | None = None
    winner: bool = True
    no_difference: bool = False
    harm: bool = True


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a test at one time.

    ``mismatch`` is ``split.mismatch`` of all its units and ``cause`` the ``likely_cause``; ``exposed`` and
    ``mature`` count units.
    """

    challengers: tuple[Challenger, ...]
    running: timedelta
    exposed: int
    mature: int
    mismatch: float
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state, the challenger it is about (none: all), one sentence, and why nothing is said, if so.

    ``final`` says whether a declared rule stops the test (for ``harm``: that challenger's part in it).
    """

    state: State
    sentence: str
    intervals: tuple[str, ...] = ()
    cohort: str = ""
    level: float = 0.0
    challenger: str | None = None
    reason: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """The summary under its rules: what every step of the judgement asks."""

    summary: Summary
    rules: Rules

    @property
    def early(self) -> bool:
        return self.summary.running < self.rules.at_least

    @property
    def present(self) -> list[Challenger]:
        """Those that there is still something to be said of."""
        return [challenger for challenger in self.summary.challengers if not challenger.gone]

    def readings(self, challenger: Challenger) -> tuple[Reading, ...]:
        """Those on which a claim may stand."""
        sound = not lacks(challenger)
        return tuple(reading for reading in challenger.readings if sound or not reading.metric.outcomes)

    def harmed(self) -> Iterator[tuple[Challenger, Reading]]:
        for challenger in self.present:
            for reading in self.readings(challenger):
                if reading.metric.role != "secondary" and worse(reading.metric, reading.interval):
                    yield challenger, reading

    def passes(self, challenger: Challenger) -> bool:
        """Whether each guardrail with a margin is shown to hold it."""
        sound = self.readings(challenger)
        return all(
            reading in sound and bool(not_worse(reading.metric, reading.interval))
            for reading in challenger.readings
            if reading.metric.role == "guardrail" and reading.metric.margin is not None
        )

    def winners(self) -> list[Challenger]:
        """Those that are better, or not worse where that is asked, and pass their guardrails; best first."""
        harmed = {challenger.name for challenger, _ in self.harmed()}
        found = [
            each
            for each in self.present
            if each.name not in harmed and _wins(each.primary) and self.passes(each)
        ]
        sign = -1.0 if found and found[0].primary.metric.better == "higher" else 1.0
        return sorted(found, key=lambda each: sign * float(each.primary.interval.estimate))


def judge(summary: Summary, rules: Rules) -> Verdict:
    """The verdict: the first of the judgements below that has something to say."""
    case = _Case(summary, rules)
    for judgement in _JUDGEMENTS:
        if (verdict := judgement(case)) is not None:
            lines = (line for each in summary.challengers for line in _lines(each))
            cohort = cohort_text(summary.exposed, summary.mature)
            return replace(verdict, intervals=tuple(lines), level=rules.level, cohort=cohort)
    raise AssertionError("The last judgement always says something.")


def lacks(challenger: Challenger) -> bool:
    """Whether outcomes lack more often in one of the two arms."""
    missing = challenger.missing
    return missing is not None and bool(differs(missing))


def _wins(reading: Reading) -> bool:
    asked = not_worse if reading.metric.one_sided else better
    return bool(asked(reading.metric, reading.interval))


def _lines(challenger: Challenger) -> Iterator[str]:
    for reading in challenger.readings:
        yield interval_text(challenger.name, reading.metric, reading.interval)


# The judgements, in order


def _broken(case: _Case) -> Verdict | None:
    if case.summary.mismatch < -math.log(split.LEVEL):
        return None
    reason = f"Units do not fall to the arms as their weights say. {case.summary.cause}".strip()
    return Verdict("broken_split", f"No verdict: {reason}", reason=reason)


def _harm(case: _Case) -> Verdict | None:
    for challenger, reading in case.harmed():
        text = claimed(challenger.name, reading.metric, reading.interval, "is worse than the champion")
        sentence = f"{text} {error_rate(case.rules.level)}"
        return Verdict("harm", sentence, challenger=challenger.name, final=case.rules.harm)
    return None


def _missing(case: _Case) -> Verdict | None:
    for challenger in case.present:
        if lacks(challenger) and challenger.primary.metric.outcomes:
            reason = (
                f"Outcomes lack more often in one arm than the other ({challenger.name} and the champion): "
                "those that came are no fair sample of both."
            )
            return Verdict(
                "missing_outcomes", f"No verdict: {reason}", challenger=challenger.name, reason=reason
            )
    return None


def _immature(case: _Case) -> Verdict | None:
    waiting = any(each.primary.metric.outcomes for each in case.summary.challengers)
    if case.summary.mature or not waiting:
        return None
    exposed = case.summary.exposed
    reason = f"Of {exposed:,} units none has had its time for an outcome yet." if exposed else NOBODY
    return Verdict("immature", f"No verdict: {reason}", reason=reason)


def _winner(case: _Case) -> Verdict | None:
    winners = case.winners()
    if not winners:
        return None
    best = winners[0]
    state: State = "not_worse" if best.primary.metric.one_sided else "winner"
    what = "loses less than the margin" if state == "not_worse" else "is better than the champion"
    text = claimed(best.name, best.primary.metric, best.primary.interval, what)
    if case.early:
        reason = (
            f"The test runs for at least {period(case.rules.at_least)}: early users are not like late ones."
        )
        return Verdict("too_early", f"No verdict yet: {reason}", challenger=best.name, reason=reason)
    sentence = f"{text} {error_rate(case.rules.level)}"
    return Verdict(state, sentence, challenger=best.name, final=case.rules.winner)


def _no_difference(case: _Case) -> Verdict | None:
    primary = [each.primary for each in case.present]
    if case.early or not primary or not all(bool(equal(each.metric, each.interval)) for each in primary):
        return None
    metric = primary[0].metric
    sentence = (
        f"No challenger differs from the champion in {metric.name} by more than {metric.margin:g}. "
        f"{error_rate(case.rules.level)}"
    )
    return Verdict("no_difference", sentence, final=case.rules.no_difference)


def _over(case: _Case) -> Verdict | None:
    if case.rules.at_most is None or case.summary.running < case.rules.at_most:
        return None
    reason = f"The {period(case.rules.at_most)} of the test are over."
    return Verdict("time_over", f"{reason} {undecided(_first(case))}", reason=reason, final=True)


def _undecided(case: _Case) -> Verdict | None:
    known = [
        math.isfinite(bound)
        for each in case.present
        for bound in (float(each.primary.interval.lower), float(each.primary.interval.upper))
    ]
    few = f"The smaller arm is worth fewer than {BURN_IN:g} events: averages of so few are not normal yet."
    return Verdict("undecided", undecided(_first(case)), reason=None if any(known) else few)


def _first(case: _Case) -> Metric:
    return case.summary.challengers[0].primary.metric


_JUDGEMENTS: tuple[Callable[[_Case], Verdict | None], ...] = (
    _broken,
    _harm,
    _missing,
    _immature,
    _winner,
    _no_difference,
    _over,
    _undecided,
)
