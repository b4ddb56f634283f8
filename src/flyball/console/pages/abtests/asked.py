"""What the form of a new A/B test asks for, read from its address; what is wrong is said at its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from flyball.control.abtests.asking import Asked
from flyball.control.abtests.wording.reading import read
from flyball.domain.errors import InvalidInput, Problem

DEFAULTS = {
    "kind": "ab", "share": "", "unit": "", "better": "", "effect": "", "level": "1%", "at_least": "7d",
    "at_most": "", "within": "", "action": "tell", "steps": "1% 5% 25% 100%", "each": "1h", "every": "1d",
    "floor": "10%", "budget": "", "layer": "", "layer_share": "100%", "more": "",
}  # fmt: skip
"""What the form has before anything is asked."""
TICKED = ("winner", "harm")
"""The stops that are ticked then."""
PLACES = {"guardrails": "metric", "shares": "share"}
"""Fields of the form by what problems are said of, where these have other names."""
PLAIN = (
    *("unit", "better", "effect", "level", "at_least", "at_most", "within", "action"),
    *("layer", "layer_share"),
)
"""Words of a test that fields of the form have as their names."""
KINDS: Mapping[str, tuple[str, ...]] = {"canary": ("each",), "bandit": ("every", "floor", "budget")}
"""What is read of the form only for one kind of test."""


def asked(sent: QueryDict, metrics: Iterable[str]) -> Asked:
    """What is asked for. ``metrics`` are those that the form offers. Raises ``InvalidInput``."""
    deciding, *more = _having(sent, metrics, "primary") or [""]
    arms, kind = list(_arms(sent)), _text(sent, "kind")
    words: dict[str, Any] = {name: _text(sent, name) or None for name in (*PLAIN, *KINDS.get(kind, ()))}
    words |= {
        "challengers": arms,
        "share": _text(sent, "share") or 1 / (len(arms) + 1),
        "metric": deciding,
        "margin": _text(sent, f"margin.{deciding}") or None,
        "secondary": _having(sent, metrics, "secondary"),
        "guardrails": [_guard(sent, each) for each in _having(sent, metrics, "guardrail")],
        "one_sided": "one_sided" in sent,
        "stops": sent.getlist("stops"),
        "steps": _text(sent, "steps").split() if kind == "canary" else None,
    }
    if not more:
        return read(words)
    problems = [Problem("/metric", "conflict", "One metric decides; the others watch.")]
    try:
        read(words)
    except InvalidInput as error:
        problems += error.problems
    raise InvalidInput("The test cannot be started so.", problems=problems)


def said(problems: Iterable[Problem]) -> dict[str, str]:
    """What is wrong, by the field that it is said at."""
    found: dict[str, list[str]] = {}
    for each in problems:
        name = each.pointer.strip("/").partition("/")[0]
        found.setdefault(PLACES.get(name, name), []).append(each.message)
    return {name: " ".join(dict.fromkeys(messages)) for name, messages in found.items()}


def _text(sent: QueryDict, name: str) -> str:
    """A field as it was sent, without what surrounds it."""
    return str(sent.get(name, DEFAULTS.get(name, ""))).strip()


def _arms(sent: QueryDict) -> Iterable[str]:
    for version in sent.getlist("version"):
        threshold = _text(sent, f"threshold.{version}")
        yield f"{version}@{threshold}" if threshold else version
    for each in _text(sent, "more").split():
        yield each.removeprefix("@")


def _having(sent: QueryDict, metrics: Iterable[str], role: str) -> list[str]:
    return [each for each in metrics if _text(sent, f"role.{each}") == role]


def _guard(sent: QueryDict, metric: str) -> str:
    margin = _text(sent, f"margin.{metric}")
    return f"{metric}:{margin}" if margin else metric
