"""How A/B tests are said on pages: states, kinds, metrics and intervals. Built into every template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.template import Library

from flyball.console.frame import tags
from flyball.domain.abtests.sentences import SIDES, period

register = Library()
VERDICTS: Mapping[str, tuple[str, str]] = {
    "winner": ("Winner", "succeeded"),
    "not_worse": ("Not worse", "succeeded"),
    "no_difference": ("No difference", "succeeded"),
    "harm": ("Harm", "failed"),
    "broken_split": ("Broken split", "failed"),
    "missing_outcomes": ("Outcomes lack", "failed"),
    "immature": ("Not mature yet", "running"),
    "too_early": ("Too early", "running"),
    "undecided": ("Undecided", "running"),
    "time_over": ("Time over", "cancelled"),
}
"""Of each state its word, and the class that has its sign and colour."""
TONES = {"succeeded": "good", "failed": "bad"}
KINDS = {"ab": "A/B test", "canary": "Canary", "bandit": "Bandit"}
STATES = {"running": "running", "ended": "ended", "not_started": "never began"}
STOPS = {"winner": "a winner", "no_difference": "no difference", "harm": "harm"}
ROLES = {"primary": "decides", "secondary": "watched", "guardrail": "guardrail"}
BETTER = {"higher": "higher is better", "lower": "lower is better", "same": "no difference is best"}


@register.filter
def verdict_word(state: Any) -> str:
    """A verdict's state in a word or two."""
    return VERDICTS[state][0] if state in VERDICTS else "No verdict yet"


@register.filter
def verdict_sign(state: Any) -> str:
    """The class of its sign."""
    return VERDICTS[state][1] if state in VERDICTS else ""


@register.filter
def verdict_tone(state: Any) -> str:
    """The class of the sheet that it stands on."""
    return TONES.get(verdict_sign(state), "")


@register.filter
def abtest_kind(kind: Any) -> str:
    """What sort of test."""
    return KINDS.get(kind, str(kind))


@register.filter
def abtest_state(state: Any) -> str:
    """Whether it runs."""
    return STATES.get(state, str(state))


@register.filter
def abtest_stop(stop: Any) -> str:
    """On what it ends."""
    return STOPS.get(stop, str(stop))


@register.filter
def version_of(arm: str) -> int:
    """The version of an arm of a test, which may have a threshold of its own behind it."""
    return int(arm.partition("@")[0])


@register.filter
def metric_words(metric: Any) -> str:
    """Its part in the test, which direction is better, and its margin."""
    names = ("role", "better", "margin")
    known = metric if isinstance(metric, Mapping) else {name: getattr(metric, name) for name in names}
    margin = "" if known["margin"] is None else f", margin {known['margin']:g}"
    return f"{ROLES[known['role']]}, {BETTER[known['better']]}{margin}"


@register.filter
def interval_words(reading: Mapping[str, Any]) -> str:
    """From bound to bound; of one that is open, the bound that is known."""
    lower, upper = reading["lower"], reading["upper"]
    if lower is not None and upper is not None:
        return f"{tags.signed(lower)} to {tags.signed(upper)}"
    return f"at least {tags.signed(lower)}" if lower is not None else f"at most {tags.signed(upper)}"


@register.filter
def unbounded(ahead: int) -> str:
    """An interval without bounds."""
    return SIDES[ahead]


@register.filter
def fine(value: Any) -> str:
    """A share to a hundredth of a percent: splits are told apart by so little."""
    return tags.NOTHING if value in tags.MISSING else f"{100 * value:.2f} %"


@register.filter
def percent(value: Any) -> str:
    """A share as forms take it."""
    return f"{100 * value:.4g}%"


@register.filter
def rounded(value: Any) -> str:
    """An expectation: whole, or to two digits where it is small."""
    if value in tags.MISSING:
        return tags.NOTHING
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


@register.filter
def days(value: float) -> str:
    """A time that is counted in days."""
    return f"{value:,.0f} days" if value >= 2 else f"{max(value * 24, 1):,.0f} hours"


@register.filter
def lasting(value: Any) -> str:
    """A duration in days or hours, as verdicts have it."""
    return period(timedelta(seconds=value))
