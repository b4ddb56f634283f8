"""What may be claimed of which metric."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from flyball.domain.abtests.claims import Metric, better, differs, equal, levels, not_worse, worse
from flyball.domain.abtests.sequences import Interval


def interval(lower: float, upper: float) -> Interval:
    return Interval(*map(np.asarray, ((lower + upper) / 2, lower, upper)))


SALES = Metric("sales", margin=0.1)
LATENCY = Metric("latency", "guardrail", better="lower", margin=0.05)


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        (0.01, 0.2, {"better", "not worse"}),
        (-0.2, -0.01, {"worse"}),
        (-0.05, 0.2, {"not worse"}),
        (-0.05, 0.05, {"not worse", "equal"}),
        (-0.2, 0.2, set()),
        (0.01, 0.05, {"better", "not worse", "equal"}),
        (-math.inf, math.inf, set()),
    ],
)
def test_an_interval_shows_what_it_leaves_no_other_room_for(
    lower: float, upper: float, said: set[str]
) -> None:
    rules = {"better": better, "worse": worse, "not worse": not_worse, "equal": equal}
    assert {name for name, rule in rules.items() if rule(SALES, interval(lower, upper))} == said


@pytest.mark.parametrize(("ahead", "said"), [(1.0, {"better", "not worse"}), (-1.0, {"worse"}), (0.0, set())])
def test_an_arm_may_be_shown_to_be_ahead_before_there_are_bounds(ahead: float, said: set[str]) -> None:
    rules = {"better": better, "worse": worse, "not worse": not_worse, "equal": equal}
    early = replace(interval(-math.inf, math.inf), ahead=np.asarray(ahead))
    assert {name for name, rule in rules.items() if rule(SALES, early)} == said
    assert differs(early) == bool(ahead)


def test_a_guardrail_with_a_margin_waits_for_bounds() -> None:
    early = replace(interval(-math.inf, math.inf), ahead=np.asarray(1.0))
    assert not worse(LATENCY, early)
    assert worse(replace(LATENCY, margin=None), early)


def test_where_lower_is_better_the_sides_change() -> None:
    errors = Metric("errors", better="lower")
    assert better(errors, interval(-0.2, -0.1))
    assert worse(errors, interval(0.1, 0.2))


def test_a_guardrail_is_worse_only_beyond_its_margin() -> None:
    assert not worse(LATENCY, interval(0.01, 0.2))
    assert worse(LATENCY, interval(0.06, 0.2))


def test_a_one_sided_metric_only_asks_whether_it_is_not_worse() -> None:
    metric = Metric("sales", margin=0.1, one_sided=True)
    assert not_worse(metric, interval(0.2, 0.3))
    assert not better(metric, interval(0.2, 0.3))
    assert not worse(metric, interval(-0.3, -0.2))


def test_claims_that_can_be_wrong_together_share_the_level() -> None:
    secondary = [Metric(name, "secondary") for name in "ab"]
    guardrails = [Metric(name, "guardrail") for name in "cde"]
    found = levels(0.01, [SALES, *secondary, *guardrails], challengers=2)
    assert 2 * (found["sales"] + sum(found[name] for name in "cde")) == pytest.approx(0.01)
    assert found["a"] + found["b"] == pytest.approx(found["sales"])


def test_a_single_metric_of_a_single_challenger_has_the_whole_level() -> None:
    assert levels(0.01, [SALES], challengers=1) == {"sales": 0.01}


@pytest.mark.parametrize("metrics", [[], [SALES, Metric("x")], [SALES, Metric("sales", "guardrail")]])
def test_a_test_has_one_primary_metric_and_each_name_once(metrics: list[Metric]) -> None:
    with pytest.raises(ValueError):
        levels(0.01, metrics, 1)


def test_a_one_sided_metric_needs_a_margin() -> None:
    with pytest.raises(ValueError, match="margin"):
        Metric("sales", one_sided=True)
