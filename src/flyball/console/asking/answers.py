"""An answer as people read it: in words, its probability as a picture, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from flyball.console.asking.languages import here
from flyball.console.asking.problems import number
from flyball.domain.asking.words import said
from flyball.domain.routing import Decision, Manifest, Route
from flyball.domain.values import label_text
from flyball.serving.pool import decision_of

MOST_SHARES = 12
"""Labels whose probabilities are shown, the most probable first."""


@dataclass(frozen=True, slots=True)
class Share:
    """A label with its probability, as a bar: ``width`` from 0 to 100."""

    label: str
    probability: float

    @property
    def width(self) -> str:
        """How long the bar is."""
        return f"{100 * self.probability:.2f}"

    @property
    def text(self) -> str:
        """The probability in words."""
        return percent(self.probability)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Between which numbers what happens will lie, in words and as a picture from one to the other.

    ``at`` are the places of the value and of the threshold on it, from 0 to 100, where they lie between them.
    """

    low: str
    high: str
    range: str
    says: str
    at: str
    turns_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came out. ``amount`` is what a curve shows of it: a probability, or the value itself.

    ``counted`` is the label whose probability that is, ``of`` what people call it; ``unit`` follows a value;
    ``threshold`` is where the decision turns, and ``why`` says so in a sentence; ``bounds`` are of a value.
    """

    says: str
    version: int
    amount: float | None = None
    counted: str | None = None
    of: str = ""
    unit: str = ""
    output: Mapping[str, Any] = field(default_factory=dict)
    shares: tuple[Share, ...] = ()
    decision: str | None = None
    threshold: float | None = None
    why: str = ""
    bounds: Bounds | None = None

    @property
    def is_share(self) -> bool:
        """Whether the amount is a probability."""
        return bool(self.shares)

    @property
    def first(self) -> Share | None:
        """The most probable label."""
        return self.shares[0] if self.shares else None

    @property
    def mark(self) -> str:
        """Where the threshold stands on a bar."""
        return "" if self.threshold is None else f"{100 * self.threshold:.2f}"

    def amount_in(self, output: Mapping[str, Any]) -> float | None:
        """The same of another output; ``None`` where it has no such label."""
        found: float | None
        if self.counted is None:
            found = output.get("value", output.get("score"))
        else:
            found = (output.get("probabilities") or {}).get(self.counted)
        return found

    def written(self, amount: float | None = None) -> str:
        """An amount as it is read."""
        value = self.amount if amount is None else amount
        if value is None:
            return ""
        return percent(value) if self.is_share else f"{number(value)} {self.unit}".strip()


def answer_of(
    route: Route, manifest: Manifest, output: Mapping[str, Any], decision: str | None = None
) -> Answer:
    """An output of one of a route's versions, in the language of the page."""
    rule = decision_of(route, manifest)
    if rule is not None and decision != rule.decide(output):
        rule = None  # decided at another threshold, or by another arm
    if manifest.task == "regression":
        return _value(route, manifest, output, decision, rule)
    if manifest.task == "clustering":
        group = gettext("Group %(number)s") % {"number": label_text(output.get("cluster"))}
        return Answer(says=group, version=manifest.number, output=output)
    if manifest.task == "anomaly_detection":
        return _score(manifest, output, decision, rule)
    return _label(route, manifest, output, decision, rule)


def _value(
    route: Route, manifest: Manifest, output: Mapping[str, Any], decision: str | None, rule: Decision | None
) -> Answer:
    unit, value = said(route.asking.outcome.unit, here()), float(output["value"])
    what = said(route.asking.outcome.label, here()) or gettext("The answer")
    threshold = None if rule is None else rule.threshold

    def written(amount: float) -> str:
        return f"{number(amount)} {unit}".strip()

    return Answer(
        says=written(value),
        version=manifest.number,
        output=output,
        amount=value,
        of=what,
        unit=unit,
        decision=decision,
        threshold=threshold,
        why=_why(value, rule, what, written),
        bounds=_bounds(manifest, output, threshold, written),
    )


def _bounds(
    manifest: Manifest, output: Mapping[str, Any], threshold: float | None, written: Callable[[float], str]
) -> Bounds | None:
    if "interval" not in output:
        return None
    low, high = map(float, output["interval"])
    interval = None if manifest.finish is None else manifest.finish.interval
    says = between = f"{number(low)} – {written(high)}"
    if interval is not None:
        told = gettext(
            "Between %(low)s and %(high)s: of 100 such bounds, about %(share)s hold what really happens."
        )
        share = number(round(100 * interval.level, 6))
        says = told % {"low": number(low), "high": written(high), "share": share}
    return Bounds(
        low=written(low),
        high=written(high),
        range=between,
        says=says,
        at=_place(float(output["value"]), low, high),
        turns_at="" if threshold is None else _place(threshold, low, high),
    )


def _place(amount: float, low: float, high: float) -> str:
    """Where an amount lies between two others, in parts of a hundred; empty beyond them."""
    if not low <= amount <= high or low == high:
        return ""
    half = high / 2 - low / 2  # their whole distance may be no float
    return f"{100 * (amount / 2 - low / 2) / half:.2f}"


def _score(
    manifest: Manifest, output: Mapping[str, Any], decision: str | None, rule: Decision | None
) -> Answer:
    score, what = float(output["score"]), gettext("The anomaly score")
    said_ = (
        gettext("Unusual (score %(score)s)") if output["is_anomaly"] else gettext("Usual (score %(score)s)")
    )
    return Answer(
        says=said_ % {"score": number(score)},
        version=manifest.number,
        output=output,
        amount=score,
        of=what,
        decision=decision,
        threshold=None if rule is None else rule.threshold,
        why=_why(score, rule, what, number),
    )


def _label(
    route: Route, manifest: Manifest, output: Mapping[str, Any], decision: str | None, rule: Decision | None
) -> Answer:
    found: Mapping[str, float] = output.get("probabilities") or {}
    ordered = sorted(found.items(), key=lambda each: -each[1])[:MOST_SHARES]
    label = label_text(output.get("label"))
    counted = rule.label if rule is not None and rule.label in found else label
    called = route.asking.label(counted or "", here())
    amount = found.get(counted or "")
    return Answer(
        says=route.asking.label(label, here()),
        version=manifest.number,
        output=output,
        amount=amount,
        counted=counted,
        of=called,
        shares=tuple(Share(route.asking.label(name, here()), share) for name, share in ordered),
        decision=decision,
        threshold=None if rule is None else rule.threshold,
        why=_why(amount, rule, gettext("The probability of %(label)s") % {"label": called}, percent),
    )


def _why(amount: float | None, rule: Decision | None, what: str, written: Any) -> str:
    if amount is None or rule is None:
        return ""
    above, below = gettext("%(what)s is at or above %(limit)s."), gettext("%(what)s is below %(limit)s.")
    return (above if amount >= rule.threshold else below) % {"what": what, "limit": written(rule.threshold)}


def percent(share: float) -> str:
    """A probability as a part of a hundred; a little is not none, and nearly all not all."""
    if 0 < share < 0.001:
        return gettext("less than 0.1 %")
    if 0.999 < share < 1:
        return gettext("more than 99.9 %")
    return f"{number(100 * share, 3)} %"
