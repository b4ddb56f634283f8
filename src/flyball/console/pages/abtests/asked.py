"""What the form of a new A/B test asks for, read from its address; what is wrong is said at its field."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from django.http import QueryDict

from flyball.control.abtests.asking import Arm, Asked, Guard, parse_arm, parse_share, parse_time
from flyball.domain.errors import Problem

T = TypeVar("T")
DEFAULTS = {
    "kind": "ab", "share": "", "unit": "", "better": "", "effect": "", "level": "1%", "at_least": "7d",
    "at_most": "", "within": "", "action": "tell", "steps": "1% 5% 25% 100%", "each": "1h", "every": "1d",
    "floor": "10%", "budget": "", "layer": "", "layer_share": "100%", "more": "",
}  # fmt: skip
"""What the form has before anything is asked."""
TICKED = ("winner", "harm")
"""The stops that are ticked then."""
PLACES = {"metric": "metric", "shares": "share", "challengers": "challengers"}
"""Fields of the form by what problems are said of, where these have other names."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The fields that were sent, and what was wrong with them."""

    sent: QueryDict
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A field as it was sent, without what surrounds it."""
        return str(self.sent.get(name, DEFAULTS.get(name, ""))).strip()

    def parsed(self, name: str, read: Callable[[str], T], missing: Any = None, place: str = "") -> Any:
        """What a field says; ``missing`` where it is empty, or says nothing that can be read."""
        text = self.text(name)
        if not text:
            return missing
        try:
            return read(text)
        except ValueError as error:
            self.problems.append(Problem(f"/{place or name}", "wrong_type", str(error)))
            return missing


def asked(sent: QueryDict, metrics: Iterable[str]) -> tuple[Asked, list[Problem]]:
    """What is asked for, and what could not be read of it. ``metrics`` are those that the form offers."""
    reader, names = Reader(sent), list(metrics)
    arms = _arms(reader)
    by_role = {role: _having(reader, names, role) for role in ("primary", "secondary", "guardrail")}
    if len(by_role["primary"]) > 1:
        reader.problems.append(Problem("/metric", "conflict", "One metric decides; the others watch."))
    metric = next(iter(by_role["primary"]), "")
    kind = reader.text("kind")
    found = Asked(
        challengers=arms,
        share=reader.parsed("share", parse_share, 1 / (len(arms) + 1)),
        unit=reader.text("unit"),
        metric=metric,
        better=reader.text("better"),
        secondary=by_role["secondary"],
        guardrails=[Guard(each, _margin(reader, each)) for each in by_role["guardrail"]],
        margin=_margin(reader, metric) if metric else None,
        one_sided="one_sided" in sent,
        effect=reader.parsed("effect", number),
        level=reader.parsed("level", parse_share, 0.01),
        at_least=reader.parsed("at_least", parse_time, 0.0),
        at_most=reader.parsed("at_most", parse_time),
        within=reader.parsed("within", parse_time),
        stops=sent.getlist("stops"),
        action=cast(Any, reader.text("action")),
        layer=reader.text("layer"),
        layer_share=reader.parsed("layer_share", parse_share, 1.0),
        **(_canary(reader) if kind == "canary" else _bandit(reader) if kind == "bandit" else {}),
    )
    return found, reader.problems


def said(problems: Iterable[Problem]) -> dict[str, str]:
    """What is wrong, by the field that it is said at."""
    found: dict[str, list[str]] = {}
    for each in problems:
        name = each.pointer.strip("/").partition("/")[0]
        found.setdefault(PLACES.get(name, name), []).append(each.message)
    return {name: " ".join(dict.fromkeys(messages)) for name, messages in found.items()}


def number(text: str) -> float:
    """A plain number. Raises ``ValueError``."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("Expected a number, such as 0.02.")
    return value


def _arms(reader: Reader) -> list[Arm]:
    texts = []
    for version in reader.sent.getlist("version"):
        threshold = reader.text(f"threshold.{version}")
        texts.append(f"{version}@{threshold}" if threshold else version)
    arms = []
    for text in [*texts, *reader.text("more").split()]:
        try:
            arms.append(parse_arm(text.removeprefix("@")))
        except ValueError as error:
            reader.problems.append(Problem("/challengers", "wrong_type", str(error)))
    return arms


def _having(reader: Reader, metrics: Iterable[str], role: str) -> list[str]:
    return [each for each in metrics if reader.text(f"role.{each}") == role]


def _margin(reader: Reader, metric: str) -> float | None:
    found: float | None = reader.parsed(f"margin.{metric}", number, place="metric")
    return found


def _steps(text: str) -> list[float]:
    return [parse_share(each) for each in text.split()]


def _canary(reader: Reader) -> Mapping[str, Any]:
    return {"steps": reader.parsed("steps", _steps, ()), "each": reader.parsed("each", parse_time, 3600.0)}


def _bandit(reader: Reader) -> Mapping[str, Any]:
    return {
        "every": reader.parsed("every", parse_time, 86_400.0),
        "floor": reader.parsed("floor", parse_share, 0.1),
        "budget": reader.parsed("budget", number),
    }
