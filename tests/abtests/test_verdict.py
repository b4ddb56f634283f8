"""The verdict: a table of what is known and what is said."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from flyball.domain.abtests.claims import Metric
from flyball.domain.abtests.sequences import Interval
from flyball.domain.abtests.verdict import Challenger, Reading, Rules, Summary, judge

PRIMARY = Metric("conversion", margin=0.02)
LATENCY = Metric("latency", "guardrail", better="lower", outcomes=False)
GUARDED = Metric("errors", "guardrail", better="lower", margin=0.01)
OPEN = (-0.1, 0.1)
FEW = (-math.inf, math.inf)


def interval(lower: float, upper: float) -> Interval:
    middle = (lower + upper) / 2 if math.isfinite(lower) else 0.0
    return Interval(np.asarray(middle), np.asarray(lower), np.asarray(upper))


def challenger(
    name: str = "8", primary: tuple[float, float] = OPEN, **others: tuple[float, float]
) -> Challenger:
    metrics = {"latency": LATENCY, "errors": GUARDED}
    readings = [Reading(PRIMARY, interval(*primary))]
    readings += [Reading(metrics[metric], interval(*bounds)) for metric, bounds in others.items()]
    return Challenger(name, tuple(readings))


def summary(
    *challengers: Challenger, days: float = 10, mature: int = 5000, mismatch: float = -3.0
) -> Summary:
    return Summary(challengers, timedelta(days=days), 6000, mature, mismatch, "A challenger lacks units.")


def lacking(one: Challenger) -> Challenger:
    return replace(one, missing=interval(0.01, 0.03))


WINS, LOSES, SAME = (0.01, 0.03), (-0.03, -0.01), (-0.01, 0.01)


@pytest.mark.parametrize(
    ("known", "state", "about"),
    [
        (summary(challenger(primary=OPEN)), "undecided", None),
        (summary(challenger(primary=WINS)), "winner", "8"),
        (summary(challenger(primary=LOSES)), "harm", "8"),
        (summary(challenger(primary=SAME)), "no_difference", None),
        (summary(challenger(primary=WINS), mismatch=9.0), "broken_split", None),
        (summary(challenger(primary=LOSES), mismatch=9.0), "broken_split", None),
        (summary(lacking(challenger(primary=WINS))), "missing_outcomes", "8"),
        (summary(lacking(challenger(primary=LOSES))), "missing_outcomes", "8"),
        (summary(lacking(challenger(primary=WINS, latency=(0.1, 0.2)))), "harm", "8"),
        (summary(challenger(primary=FEW), mature=0), "immature", None),
        (summary(challenger(primary=FEW, latency=(0.1, 0.2)), mature=0), "harm", "8"),
        (summary(challenger(primary=WINS), days=3), "too_early", "8"),
        (summary(challenger(primary=LOSES), days=3), "harm", "8"),
        (summary(challenger(primary=SAME), days=3), "undecided", None),
        (summary(challenger(primary=OPEN), days=40), "time_over", None),
        (summary(challenger(primary=WINS), days=40), "winner", "8"),
        (summary(challenger(primary=WINS, errors=(-0.1, 0.1))), "undecided", None),
        (summary(challenger(primary=WINS, errors=(-0.1, 0.005))), "winner", "8"),
        (summary(challenger(primary=WINS), challenger("9", (0.02, 0.04))), "winner", "9"),
        (summary(challenger(primary=LOSES), challenger("9", WINS)), "harm", "8"),
        (summary(challenger(primary=SAME), challenger("9", OPEN)), "undecided", None),
    ],
)
def test_the_verdict_is(known: Summary, state: str, about: str | None) -> None:
    found = judge(known, Rules(at_most=timedelta(days=30)))
    assert (found.state, found.challenger) == (state, about)
    assert (found.reason is None) == (state in {"winner", "harm", "no_difference", "undecided"})


def test_a_winner_is_told_with_its_interval_first_and_its_error_rate_last() -> None:
    found = judge(summary(challenger(primary=WINS)), Rules(level=0.01))
    assert found.sentence == (
        "conversion of 8: +0.01 to +0.03. Version 8 is better than the champion in conversion. "
        "In at most 1 % of tests is a claim like this wrong, however often one looks."
    )
    assert found.intervals == ("conversion of 8: +0.01 to +0.03 (estimate +0.02)",)
    assert found.cohort == "Outcomes are those of the 5,000 of 6,000 units whose time for one is over."
    assert found.final


def test_a_metric_without_outcomes_decides_also_where_outcomes_lack() -> None:
    speed = Metric("speed", outcomes=False)
    one = lacking(Challenger("8", (Reading(speed, interval(*WINS)),)))
    assert judge(summary(one), Rules()).state == "winner"
    guarded = replace(one, readings=(*one.readings, Reading(replace(GUARDED), interval(-0.1, 0.0))))
    assert judge(summary(guarded), Rules()).state == "undecided"


def test_a_broken_split_names_the_likely_cause() -> None:
    found = judge(summary(challenger(primary=WINS), mismatch=9.0), Rules())
    assert found.sentence == (
        "No verdict: Units do not fall to the arms as their weights say. A challenger lacks units."
    )
    assert not found.final


def test_a_challenger_that_is_ahead_wins_before_it_is_known_by_how_much() -> None:
    reading = Reading(PRIMARY, replace(interval(*FEW), ahead=np.asarray(1.0)))
    found = judge(summary(Challenger("8", (reading,))), Rules())
    assert found.state == "winner"
    assert found.sentence.startswith("conversion of 8: above 0, too few events to say how far. Version 8 is")


def test_outcomes_that_are_shown_to_lack_more_often_without_bounds_are_refused_too() -> None:
    missing = replace(interval(*FEW), ahead=np.asarray(1.0))
    found = judge(summary(replace(challenger(primary=WINS), missing=missing)), Rules())
    assert found.state == "missing_outcomes"


def test_too_few_events_are_named_as_the_reason() -> None:
    found = judge(summary(challenger(primary=FEW)), Rules())
    assert found.state == "undecided"
    assert found.reason == (
        "The smaller arm is worth fewer than 20 events: averages of so few are not normal yet."
    )
    assert found.intervals == ("conversion of 8: too few events to say",)


def test_a_rule_that_is_not_declared_stops_nothing() -> None:
    rules = Rules(winner=False, harm=False)
    assert not judge(summary(challenger(primary=WINS)), rules).final
    assert not judge(summary(challenger(primary=LOSES)), rules).final
    assert not judge(summary(challenger(primary=SAME)), rules).final
    assert judge(summary(challenger(primary=SAME)), Rules(no_difference=True)).final


def test_a_one_sided_test_ends_when_the_challenger_is_shown_not_to_lose() -> None:
    metric = Metric("conversion", margin=0.02, one_sided=True)
    one = Challenger("8", (Reading(metric, interval(-0.015, math.inf)),))
    found = judge(summary(one), Rules())
    assert found.state == "not_worse"
    assert found.sentence.startswith("conversion of 8: at least -0.015. Version 8 loses less than the margin")
