"""Runs simulated tests of a world under a split, and says when each would have stopped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from benchmarks.abtests.worlds import Plain, World
from flyball.domain.abtests.claims import differs
from flyball.domain.abtests.evidence import Evidence
from flyball.domain.abtests.plan import informative, sequence
from flyball.domain.abtests.sequences import Interval, Mixture

LEVELS = (0.01, 0.05)
SMALLER = 7.849 / 11.679
"""The sample planned at the 5 % level beside that at the 1 % level."""
AT_ONCE = 40_000
"""Values of an array: a processor's own cache holds a few such."""

Claim = Callable[[Interval], Any]
"""Of intervals over looks: which of them would stop the test."""


@dataclass(frozen=True)
class Split:
    """Shares of the arms, the champion's last, and from which part of the planned sample on they hold."""

    name: str
    parts: tuple[tuple[float, tuple[float, ...]], ...]

    @property
    def drifts(self) -> bool:
        """A ramp goes with a base rate that rises and falls by a half."""
        return len(self.parts) > 1

    def units(self, information: float) -> int:
        """The planned sample, by the shares of the last part."""
        *challengers, champion = self.parts[-1][1]
        return round(information / informative(challengers[0], champion))


def two(name: str, *parts: tuple[float, float]) -> Split:
    """A split of two arms by the challenger's shares."""
    return Split(name, tuple((start, (share, 1.0 - share)) for start, share in parts))


SPLITS = (two("50/50", (0, 0.5)), two("90/10", (0, 0.1)), two("ramp", (0, 0.1), (0.5, 0.25), (1, 0.5)))


def stops(
    world: World,
    split: Split,
    tests: int,
    seed: int,
    *,
    lift: float = 0.0,
    horizon: float = 10.0,
    claim: Claim = differs,
    sided: int = 2,
) -> dict[float, Any]:
    """For each level the planned samples at which each test stops; infinite for one that does not."""
    planned = split.units(world.information)
    units, found = round(horizon * planned), {level: [np.empty(0)] for level in LEVELS}
    firsts = partial(_firsts, world, claim=claim, sided=sided)
    if lift and isinstance(world, Plain) and len(split.parts) == 1:
        shown = _until_stopped(world, split, tests, seed, lift, units, firsts)
    else:
        shown = (firsts(*chunk) for chunk in chunks(world, split, tests, seed, lift, units))
    for first in shown:
        for level, each in first.items():
            scale = planned * (SMALLER if level == LEVELS[1] else 1.0)
            found[level].append(np.where(each <= horizon * scale, each / scale, np.inf))
    return {level: np.concatenate(each) for level, each in found.items()}


Firsts = dict[float, Any]
"""By level the units of each test until the first look at which something is claimed."""
Strata = list[tuple[Any, Any]]
"""What is kept of challenger and champion in each stratum so far, at every look of the last one."""


def _firsts(
    world: World, challengers: list[list[Strata]], starts: list[int], claim: Claim, sided: int
) -> Firsts:
    """Of what is kept, by challenger and by the stratum that is looked at."""
    tests = _tests(challengers[0][0][-1][1])
    shown = {level: np.full(tests, np.inf) for level in LEVELS}
    for parts in challengers:
        for strata, start in zip(parts, starts, strict=True):
            rows: Any = np.arange(tests)
            if claim is differs and isinstance(world, Plain):
                least = _least(strata)
                near = [_near(world, least, level, len(challengers)) for level in LEVELS]
                rows = np.flatnonzero(np.any(near, 0))
            evidence = world.evidence([(taken(one, rows), taken(other, rows)) for one, other in strata])
            for level, first in shown.items():
                found = interval(world, evidence, level / len(challengers), of=level, sided=sided)
                claimed = claim(found)
                look = start + (claimed.argmax(1) + 1) * world.every
                first[rows] = np.minimum(first[rows], np.where(claimed.any(1), look, np.inf))
    return shown


def _least(strata: Strata) -> Evidence:
    """The score, and a variance that is never above that of arms that do not differ: soon computed."""
    score, information, variance = (np.zeros(1) for _ in range(3))
    for one, other in strata:
        units = np.maximum(one.units + other.units, 1.0)
        part, apart = one.units * other.units / units, one.mean - other.mean
        squares = one.squares + other.squares + part * apart**2
        moved = (other.units / units) ** 2 * one.squares + (one.units / units) ** 2 * other.squares
        score, information = score + part * apart, information + part
        variance = variance + (2.0 * part * squares / np.maximum(units - 1.0, 1.0) + moved) / 3.0
    nothing = np.zeros(1)
    return Evidence(score, information, nothing, nothing, nothing, nothing, variance)


def _near(world: World, least: Evidence, level: float, challengers: int) -> Any:
    """Tests that may claim a difference at some look, and surely all that do.

    No boundary is below sqrt((v + r) log(1/level²)), v the variance of arms that do not differ.
    """
    wide = least.shuffled + _sequence(world, least, level / challengers, level).mixture
    return (least.score**2 >= -1.999 * math.log(level / challengers) * wide).any(1)


def _tests(kept: Any) -> int:
    return len(kept) if isinstance(kept, np.ndarray) else _tests(getattr(kept, fields(kept)[0].name))


def _until_stopped(
    world: Plain,
    split: Split,
    tests: int,
    seed: int,
    lift: float,
    units: int,
    firsts: Callable[[list[list[Strata]], list[int]], Firsts],
) -> Iterator[Firsts]:
    """Of two arms with fixed weights: block by block, and no further those tests that have stopped."""
    rng, (share, _) = np.random.default_rng(seed), split.parts[0][1]
    for done in range(0, tests, 20):
        running, start = np.arange(min(20, tests - done)), 0
        shown = {level: np.full(len(running), np.inf) for level in LEVELS}
        before: list[Any] = []
        while len(running) and start < units:
            width = min(max(AT_ONCE // len(running), 1), units - start)
            challenger = rng.random((len(running), width)) < share
            values = world.draw(rng, challenger, np.ones(width), lift)
            arms = [world.moments(side, values) for side in (challenger, ~challenger)]
            if before:
                arms = [old + new for old, new in zip(before, arms, strict=True)]
            for level, first in firsts([[[(arms[0], arms[1])]]], [start]).items():
                shown[level][running] = np.minimum(shown[level][running], first)
            on = np.isinf([shown[level][running] for level in LEVELS]).any(0)
            running, start, before = running[on], start + width, [taken(last(arm), on) for arm in arms]
        yield shown


def chunks(
    world: World, split: Split, tests: int, seed: int, lift: float, units: int
) -> Iterator[tuple[list[list[Strata]], list[int]]]:
    """For some tests at a time: by challenger and stratum what is kept at every look of that stratum."""
    rng = np.random.default_rng(seed)
    width = len(world.bins.edges) if hasattr(world, "bins") else world.every
    size = max(1, int(AT_ONCE * world.every / (units * max(width, 1))))
    planned = split.units(world.information)
    starts = [round(start * planned) for start, _ in split.parts]
    for done in range(0, tests, size):
        count = min(size, tests - done)
        kept: list[list[tuple[Any, Any]]] = [[] for _ in split.parts[0][1][1:]]
        strata: list[list[Strata]] = [[] for _ in kept]
        for (_, shares), start, end in zip(split.parts, starts, [*starts[1:], units], strict=True):
            drawn = rng.random((count, end - start))
            arm = sum((drawn >= edge).view(np.int8) for edge in np.cumsum(shares)[:-1])
            values = world.draw(rng, arm < len(kept), _base(split, start, end, units), lift)
            champion = world.moments(arm == len(kept), values)
            for each, (before, found) in enumerate(zip(kept, strata, strict=True)):
                now = (world.moments(arm == each, values), champion)
                found.append([*before, now])
                before.append((last(now[0]), last(now[1])))
        yield strata, starts


def _base(split: Split, start: int, end: int, units: int) -> Any:
    """The drift: 1 without, else between a half and one and a half, twice up and down."""
    if not split.drifts:
        return np.ones(end - start)
    return 1.0 + 0.5 * np.sin(4 * np.pi * np.arange(start, end) / units)


def interval(
    world: World, evidence: Evidence, level: float, *, of: float = LEVELS[0], sided: int = 2
) -> Interval:
    """The interval at ``level`` of a test whose sample is planned at the level ``of``."""
    return _sequence(world, evidence, level, of).interval(evidence, sided=sided)


def _sequence(world: World, evidence: Evidence, level: float, of: float) -> Mixture:
    return sequence(level, world.information * (SMALLER if of == LEVELS[1] else 1.0), evidence)


def last(kept: Any) -> Any:
    """What is kept at the last look, to go on from: arrays (tests, 1[, bins])."""
    if isinstance(kept, np.ndarray):
        return kept[:, -1:]
    return type(kept)(*(last(getattr(kept, field.name)) for field in fields(kept)))


def taken(kept: Any, rows: Any) -> Any:
    """What is kept of some tests."""
    if isinstance(kept, np.ndarray):
        return kept[rows]
    return type(kept)(*(taken(getattr(kept, field.name), rows) for field in fields(kept)))
