"""What is asked for as people write it, in commands, requests and declarations: every mistake is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flyball.control.abtests.asking import (
    DAY,
    SHARES,
    Arm,
    Asked,
    Guard,
    check,
    parse_arm,
    parse_guard,
    parse_share,
    parse_time,
)
from flyball.control.abtests.strata import CHAMPION
from flyball.domain.errors import InvalidInput, Problem

T = TypeVar("T")

LONGEST = 99_999 * DAY
"""Seconds of the longest time that can be written."""
LONGEST_WORD = 100
"""Characters of a word."""


def read(words: Mapping[str, Any]) -> Asked:
    """A test by its words, which have the names of ``Asked``; ``None`` leaves one out.

    Shares are ``"20%"`` or 0.2, times ``"7d"`` or seconds, challengers ``7`` or ``"7@0.4"``, guardrails
    ``"latency_p99:0.01"``. Raises ``InvalidInput`` with everything that is wrong, whatever the endpoint.
    """
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in words.items():
        reader = READERS.get(name)
        if reader is None:
            problems.append(Problem("", "unknown_field", f"A test has: {', '.join(READERS)}."))
        elif value is not None:
            try:
                found[name] = reader(value)
            except ValueError as error:
                problems.append(Problem(f"/{name}", "wrong_type", str(error)))
    asked = Asked(**{"challengers": (), **found})
    named = {each.pointer for each in problems}
    try:
        check(asked)
    except InvalidInput as error:
        problems += [each for each in error.problems if each.pointer not in named]
    if problems:
        raise InvalidInput("The test cannot be started so.", problems=problems)
    return asked


def read_shares(words: Mapping[str, Any]) -> dict[str, float]:
    """Shares by arm, as ``{"8": "30%"}``. The champion has the rest, whether it is named or not.

    Raises ``InvalidInput``.
    """
    problems, found = [], dict[str, float]()
    for name, value in words.items():
        try:
            found[name] = _share(value)
        except ValueError as error:
            problems.append(Problem("/shares", "wrong_type", str(error)))
    champion = found.pop(CHAMPION, None)
    rest = 1.0 - sum(found.values())
    if any(0 < share < 0.0001 for share in found.values()) or (not problems and rest < 0.01 - 1e-9):
        problems.append(Problem("/shares", "out_of_range", SHARES))
    if not problems and champion is not None and abs(champion - rest) > 1e-6:
        said = f"The champion has what the others leave: {rest:.2%} here. Leave it out."
        problems.append(Problem("/shares", "out_of_range", said))
    if problems:
        raise InvalidInput("The test cannot have such shares.", problems=problems)
    return found


def read_share(name: str, value: Any) -> float:
    """One share, named so where it is wrong. Raises ``InvalidInput``."""
    try:
        return _share(value)
    except ValueError as error:
        raise InvalidInput(
            "It cannot be read.", problems=[Problem(f"/{name}", "wrong_type", str(error))]
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_WORD or not value.isprintable():
        raise ValueError(f"A text of at most {LONGEST_WORD} characters is needed.")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("It is true or false.")
    return value


def _number(value: Any) -> float:
    try:
        return float(_text(value) if not _is_number(value) else value)
    except (ValueError, OverflowError):
        raise ValueError("A number is needed.") from None


def _share(value: Any) -> float:
    return float(value) if _is_number(value) else parse_share(_text(value))


def _time(value: Any) -> float:
    seconds = float(value) if _is_number(value) else parse_time(_text(value))
    if not seconds <= LONGEST:
        raise ValueError("A time is 99999d at most.")
    return seconds


def _arm(value: Any) -> Arm:
    return parse_arm(str(value) if isinstance(value, int) and _is_number(value) else _text(value))


def _guard(value: Any) -> Guard:
    try:
        return parse_guard(_text(value))
    except ValueError:
        raise ValueError(
            "A guardrail is a metric, latency_p99, or one with a margin, latency_p99:0.01."
        ) from None


def _each(reader: Callable[[Any], T]) -> Callable[[Any], Sequence[T]]:
    def read(value: Any) -> Sequence[T]:
        if not isinstance(value, list | tuple):
            raise ValueError("A list is needed.")
        return tuple(map(reader, value))

    return read


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "challengers": _each(_arm),
    "share": _share,
    "unit": _text,
    "metric": _text,
    "better": _text,
    "secondary": _each(_text),
    "guardrails": _each(_guard),
    "margin": _number,
    "one_sided": _flag,
    "effect": _number,
    "level": _share,
    "at_least": _time,
    "at_most": _time,
    "within": _time,
    "stops": _each(_text),
    "action": _text,
    "layer": _text,
    "layer_share": _share,
    "steps": _each(_share),
    "each": _time,
    "every": _time,
    "floor": _share,
    "budget": _number,
}
"""How each word is read; they are all that ``Asked`` has."""
