"""What somebody asks for when a test starts, checked by itself."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flyball.domain.abtests.metrics import Action
from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.values import duration

STOPS = ("winner", "no_difference", "harm")
DAY = 86_400.0
STEPS = (0.01, 0.05, 0.25, 1.0)
MOST_CHALLENGERS = 8
CHALLENGERS = f"A test has 1 to {MOST_CHALLENGERS} challengers."
SHARES = "Challengers have from 0.01 % each to 99 % together; the champion has the rest."
FLOOR = "So much for each is more than there is."


@dataclass(frozen=True, slots=True)
class Arm:
    """A version beside the champion; with a threshold of its own, or the endpoint's."""

    version: int
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """A metric and how much worse it may be (``None``: not at all), in units of the metric."""

    metric: str
    margin: float | None = None


GUARDED = (Guard("latency_p99"), Guard("errors"))
"""What a canary is guarded by, unless something else is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A test as somebody asks for it.

    ``share`` is each challenger's part of all units, between 0 and 1. ``unit`` is the column of the entity or
    of the request that says whose a row is; empty: the entity, else the reference. ``metric`` decides (empty:
    the endpoint's own); it is better ``"higher"`` or ``"lower"`` (empty: as it is known to be), and
    ``one_sided`` asks only whether a challenger loses less than ``margin``. ``effect`` is the smallest
    difference worth finding (``None``: what the traffic of ``at_most`` can find). Times are seconds;
    ``within`` is how long a unit waits for outcomes (``None``: as the declaration says). ``layer`` is shared
    with other tests, of which this one has ``layer_share``. ``steps`` make a canary of one version, each
    for ``each``; ``every`` makes a bandit, with a ``floor`` for each arm and a ``budget``. ``name`` is what a
    declaration calls it, ``declared`` the digest of what that says.
    """

    challengers: Sequence[Arm]
    share: float = 0.5
    unit: str = ""
    metric: str = ""
    better: str = ""
    secondary: Sequence[str] = ()
    guardrails: Sequence[Guard] = ()
    margin: float | None = None
    one_sided: bool = False
    effect: float | None = None
    level: float = 0.01
    at_least: float = 7 * DAY
    at_most: float | None = None
    within: float | None = None
    stops: Sequence[str] = ("winner", "harm")
    action: Action = "tell"
    layer: str = ""
    layer_share: float = 1.0
    steps: Sequence[float] = ()
    each: float = 3600.0
    every: float | None = None
    floor: float = 0.1
    budget: float | None = None
    name: str = ""
    declared: str = ""

    @property
    def guards(self) -> Sequence[Guard]:
        """The guardrails; those of every canary, unless it has others."""
        return self.guardrails or (GUARDED if self.steps else ())

    @property
    def shares(self) -> dict[Arm, float]:
        """What each challenger begins with."""
        first = self.steps[0] if self.steps else self.share
        return dict.fromkeys(self.challengers, first)


def check(asked: Asked) -> None:
    """Raise ``InvalidInput`` with everything that is wrong with what is asked, whatever the endpoint."""
    problems = list(_problems(asked))
    if problems:
        raise InvalidInput("The test cannot be started so.", problems=problems)


def parse_arm(text: str) -> Arm:
    """``7``, or ``7@0.4`` with a threshold of its own. Raises ``ValueError``."""
    match = re.fullmatch(r"(\d{1,9})(?:@(-?\d{1,9}(?:\.\d{1,18})?))?", text)
    if match is None:
        raise ValueError("A challenger is a version, 7, or one with its own threshold, 7@0.4.")
    # As arms are called: two thresholds that differ further behind would be one arm.
    return Arm(int(match[1]), None if match[2] is None else float(f"{float(match[2]):g}"))


def parse_share(text: str) -> float:
    """``20%``, or ``0.2``. Raises ``ValueError``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", text)
    if match is None:
        raise ValueError("A share is written as 20% or 0.2.")
    return float(match[1]) / (100 if match[2] else 1)


def parse_guard(text: str) -> Guard:
    """``latency_p99``, or ``latency_p99:0.01`` with how much worse it may be. Raises ``ValueError``."""
    name, _, margin = text.partition(":")
    return Guard(name, float(margin) if margin else None)


def parse_time(text: str) -> float:
    """Seconds of ``7d``, ``12h``, ``30m`` or ``10s``. Raises ``ValueError``."""
    return duration(text).total_seconds()


def _problems(asked: Asked) -> Iterator[Problem]:
    """Each rule: whether it is broken, where, and what is to be."""
    arms, steps = len(asked.challengers) + 1, list(asked.steps)
    rising = steps == sorted(set(steps)) and min(steps, default=1) > 0 and max(steps, default=0) <= 1
    unknown = ", ".join(each for each in asked.stops if each not in STOPS)
    for is_broken, name, code, message in (
        (not 2 <= arms <= MOST_CHALLENGERS + 1, "challengers", "out_of_range", CHALLENGERS),
        (len(set(asked.challengers)) < arms - 1, "challengers", "duplicate", "Two of them are the same."),
        (not 0.0001 <= asked.share <= 0.99, "share", "out_of_range", SHARES),
        (sum(asked.shares.values()) > 0.99, "share", "out_of_range", SHARES),
        (not 0.0001 <= asked.level <= 0.2, "level", "out_of_range", "A level is from 0.0001 to 0.2."),
        (bool(unknown), "stops", "unknown", f"{unknown}: a test stops on {', '.join(STOPS)}."),
        (asked.better not in {"", "higher", "lower"}, "better", "unknown", "It is higher or lower."),
        (asked.action not in {"promote", "tell"}, "action", "unknown", "It is promote or tell."),
        (bool(steps) and asked.every is not None, "steps", "conflict", "A canary is no bandit."),
        (bool(steps) and arms != 2, "challengers", "out_of_range", "A canary is one version."),
        (bool(steps) and not rising, "steps", "out_of_range", "Steps rise, from above 0 to at most 1."),
        (steps[:1] == [1.0], "steps", "out_of_range", "The first step is below 1."),
        (asked.every is not None and not 0 < asked.floor * arms <= 1, "floor", "out_of_range", FLOOR),
        (not asked.layer.isprintable(), "layer", "malformed", "No layer has such a name."),
        (not 0 < asked.layer_share <= 1, "layer_share", "out_of_range", "It is above 0 and at most 1."),
    ):
        if is_broken:
            yield Problem(f"/{name}", code, message)
    yield from _numbers(asked)


def _numbers(asked: Asked) -> Iterator[Problem]:
    for name in ("margin", "effect", "budget"):
        value = getattr(asked, name)
        if value is not None and not 0 < value < math.inf:
            yield Problem(f"/{name}", "out_of_range", "It is above 0, in units of the metric.")
    if asked.margin is None and (asked.one_sided or "no_difference" in asked.stops):
        yield Problem("/margin", "missing", "Say how much makes a difference, in units of the metric.")
    if asked.at_most is not None and asked.at_most < asked.at_least:
        yield Problem("/at_most", "out_of_range", "The test would end before at_least is over.")
    for name in ("at_least", "within", "each", "every"):
        value = getattr(asked, name)
        if value is not None and not 0 <= value < math.inf:
            yield Problem(f"/{name}", "out_of_range", "It is not below 0.")
