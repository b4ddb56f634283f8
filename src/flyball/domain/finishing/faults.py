"""What can be seen wrong in what a declaration decides by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flyball.domain.finishing.costs import Costs
from flyball.domain.finishing.declared import Threshold

Wrong = tuple[str, str, str, str]
"""What a ``Fault`` of a declaration is made of."""
CODE = "E013"


def wrong_numbers(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with what is to become of a model's numbers."""
    if not isinstance(endpoint.calibrate, bool):
        yield ("E038", "calibrate", "is neither True nor False", "Say calibrate = True or leave it out.")
    elif endpoint.calibrate and endpoint.task != "classification":
        yield ("E038", "calibrate", f"has no place in {endpoint.task}", "Only probabilities are calibrated.")
    if endpoint.interval is not None:
        if not _is_number(endpoint.interval) or not 0 < endpoint.interval < 1:
            yield ("E038", "interval", "is no chance", "Use interval = 0.9.")
        elif endpoint.task != "regression":
            yield ("E038", "interval", f"has no place in {endpoint.task}", "Only values have intervals.")


def wrong_contamination(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with the share of rows that are taken for anomalies."""
    share = endpoint.contamination
    if endpoint.task != "anomaly_detection":
        if share is not None:
            yield ("E039", "contamination", f"has no place in {endpoint.task}", "Leave it out.")
    elif share != "auto" and not (_is_number(share) and 0 < share <= 0.5):
        yield ("E039", "contamination", "is no share of anomalies", 'Use 0.01, at most 0.5, or "auto".')


def wrong_ways(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with ways along fields that answers are to keep."""
    for name, field in endpoint.fields.items() if isinstance(endpoint.fields, Mapping) else ():
        way = getattr(field, "monotonic", None)
        if way is not None and endpoint.task not in ("classification", "regression"):
            yield ("E014", "fields", f"gives {name!r} a way that no {endpoint.task} has", "Leave it out.")
        elif way not in (None, "increasing", "decreasing"):
            hint = 'Use monotonic="increasing" or "decreasing".'
            yield ("E014", "fields", f"gives {name!r} no known way", hint)


def wrong_decision(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with ``decide``."""
    decide = endpoint.decide
    if decide is None:
        return
    if not isinstance(decide, Threshold) or not (decide.costs or _is_number(decide.threshold)):
        hint = 'Use Threshold(0.3, at_or_above="refuse", below="accept").'
        yield (CODE, "decide", "is not a Threshold", hint)
    elif not isinstance(decide.at_or_above, str) or not isinstance(decide.below, str):
        hint = 'Use at_or_above="refuse", below="accept".'
        yield (CODE, "decide", "decides for what is no text", hint)
    elif endpoint.task == "clustering":
        yield (CODE, "decide", f"has no place in {endpoint.task}", "Leave it out.")
    elif endpoint.task == "classification" and endpoint.outcome.positive is None:
        yield (CODE, "decide", "needs a positive class", "Name Outcome(…, positive=…).")
    elif decide.costs is not None:
        yield from _costs(decide.costs, endpoint.task)
    elif endpoint.task == "classification" and not 0 <= (decide.threshold or 0) <= 1:
        yield (CODE, "decide", "has a threshold outside 0 to 1", "A probability is compared.")


def _costs(costs: Any, task: str) -> Iterator[Wrong]:
    both = (getattr(costs, "false_positive", None), getattr(costs, "false_negative", None))
    if not isinstance(costs, Costs) or not all(map(_is_number, both)) or not costs.are_sound:
        hint = "Both are numbers above 0, and one of them is finite."
        yield (CODE, "decide", "has costs that nothing can be decided by", hint)
    elif task != "classification":
        yield (CODE, "decide", "has costs without a positive class", "Name the threshold itself.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
