"""The cells of the table: what is simulated, what is asked of it, and what came out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np

from benchmarks.abtests import bandits, others
from benchmarks.abtests.running import LEVELS, SPLITS, Split, stops
from benchmarks.abtests.worlds import (
    Amounts,
    Area,
    Clicks,
    Fewer,
    Foretold,
    Hidden,
    Latency,
    Normal,
    Rate,
    Revenue,
    World,
)
from flyball.domain.abtests.claims import Metric, not_worse
from flyball.domain.abtests.sequences import Interval

Rows = list[list[str]]

WORLDS: Mapping[str, World] = {
    "rate 0.02": Rate(1000, 0.02),
    "rate 0.2": Rate(375, 0.2),
    "rate 0.5": Rate(250, 0.5),
    "revenue, σ = 1": Revenue(1000, 1.0),
    "revenue, σ = 2": Revenue(2000, 2.0),
    "ratio": Clicks(500),
    "p50 of latency": Latency(500, 0.5),
    "p99 of latency": Latency(1000, 0.99),
    "AUC": Area(500),
}
THREE = (
    Split("50/50", ((0, (1 / 3, 1 / 3, 1 / 3)),)),
    Split("90/10", ((0, (0.1, 0.1, 0.8)),)),
    Split("ramp", ((0, (0.05, 0.05, 0.9)), (0.5, (0.2, 0.2, 0.6)), (1, (1 / 3, 1 / 3, 1 / 3)))),
)


@dataclass(frozen=True)
class Run:
    """How many tests a cell has, and where its random numbers begin."""

    tests: int = 2000
    seed: int = 10


Cell = Callable[[Run], Rows]
"""One simulation: some rows of its table."""


def same() -> list[Cell]:
    """A/A: how often a difference is claimed that is not there."""
    of_two = [*WORLDS.items(), ("delayed labels", others.Delayed(375, 0.2))]
    cells = [(name, world, split, at) for at, (name, world) in enumerate(of_two) for split in SPLITS]
    cells += [("three arms, rate 0.2", WORLDS["rate 0.2"], split, 20) for split in THREE]
    return [partial(same_cell, *cell) for cell in cells]


def same_cell(name: str, world: World, split: Split, at: int, run: Run) -> Rows:
    found = stops(world, split, run.tests, run.seed + 100 * at)
    rates = [float(np.isfinite(found[level]).mean()) for level in LEVELS]
    met = all(rate <= level for rate, level in zip(rates, LEVELS, strict=True))
    sample = f"{split.units(world.information):,}"
    return [[f"{name}, {split.name}", sample, *(percent(rate) for rate in rates), reached(met)]]


def powered() -> list[Cell]:
    """Power: the true effect is the planned one."""
    even, uneven, _ = SPLITS
    area = NormalDist().cdf
    drawn_in = partial(Revenue, sigma=2.0, most=105.0)  # a buyer in a hundred pays more
    cells: list[tuple[str, Callable[[float], World], float, float, Split]] = [
        ("normal, effect 0.1 σ", Normal, 0.1, 0.1, even),
        ("rate 0.2, effect 0.02", partial(Rate, rate=0.2), 0.02, 0.02, even),
        ("rate 0.2, effect 0.02", partial(Rate, rate=0.2), 0.02, 0.02, uneven),
        ("rate 0.02, effect 0.005", partial(Rate, rate=0.02), 0.005, 0.005, even),
        ("revenue, σ = 1, effect 20 %", partial(Revenue, sigma=1.0), *2 * (0.02 * math.exp(0.5),), even),
        ("revenue, σ = 2, effect 100 %", partial(Revenue, sigma=2.0), *2 * (0.1 * math.exp(2.0),), even),
        ("the same, winsorised at 105, effect 100 %", drawn_in, *2 * (0.1 * drawn_in(1.0).mean,), even),
        ("ratio, effect 0.03", Clicks, 0.03, 0.03, even),
        ("AUC, 0.760 to 0.821", Area, 0.3, area(1.3 / 2**0.5) - area(1 / 2**0.5), even),
    ]
    return [partial(_powered, *cell) for cell in cells]


def _powered(
    name: str, make: Callable[[float], World], lift: float, effect: float, split: Split, run: Run
) -> Rows:
    world = make(needed(make(1.0), effect))
    cells, met = [], True
    found = stops(world, split, run.tests, run.seed + 7, lift=lift, horizon=6.0)
    for level, within in zip(LEVELS, (1.6, 1.75), strict=True):
        power, mean = float((found[level] <= within).mean()), float(np.minimum(found[level], 6.0).mean())
        cells += [percent(power), f"{mean:.2f} ×"]
        met = met and power >= 0.8 and mean <= 1.15
    return [[f"{name}, {split.name}", f"{split.units(world.information):,}", *cells, reached(met)]]


def needed(world: World, effect: float) -> float:
    """The information that a fixed-horizon test of this effect needs at the 1 % level.

    The variance is that of both arms, for rates and shares of buyers at the middle of their two rates.
    """
    variance = world.variance
    if isinstance(world, Rate):
        middle = world.rate + effect / 2
        variance = middle * (1 - middle)
    elif isinstance(world, Revenue):
        variance *= 1 + effect / world.mean / world.buyers / 2
    return 11.679 * variance / effect**2


def further() -> list[Cell]:
    """Everything else that is asked."""
    margins = [partial(_margin, split) for split in SPLITS[:2]]
    goals = [partial(_goal, goal) for goal in others.GOALS]
    return [_cuped, *margins, *_left_out(), *_alike(), *goals, _late, _compared]


def _goal(goal: others.Goal, run: Run) -> Rows:
    found = goal.measure(run.tests, run.seed)
    met = found <= goal.bound if goal.at_most else found >= goal.bound
    asked = f"{'≤' if goal.at_most else '≥'} {percent(goal.bound)}"
    return [[goal.name, asked, percent(found), reached(met)]]


def _compared(run: Run) -> Rows:
    return others.compared(run.tests, run.seed)


def _cuped(run: Run) -> Rows:
    plain = Normal(needed(Normal(1.0), 0.1))
    helped = Foretold(plain.information * 0.51, 0.7)
    means = [
        np.minimum(found, 6.0).mean() * SPLITS[0].units(world.information)
        for world in (plain, helped)
        for found in [stops(world, SPLITS[0], run.tests, run.seed + 8, lift=0.1, horizon=6.0)[0.01]]
    ]
    share = float(means[1] / means[0])
    name = "CUPED at correlation 0.7: mean sample at the stop, beside that without"
    return [[name, "≤ 0.55 ×", f"{share:.3f} ×", reached(share <= 0.55)]]


def _left_out() -> list[Cell]:
    """Intervals that at some look leave out the true difference, where there is one."""
    cells: list[tuple[str, World, float, float]] = [
        ("rate 0.02, doubled", Rate(1000, 0.02), 0.02, 0.02),
        ("revenue, σ = 1, amounts doubled", Amounts(1000, 1.0), 1.0, 0.1 * math.exp(0.5)),
        ("revenue, σ = 2, amounts doubled", Amounts(2000, 2.0), 1.0, 0.1 * math.exp(2.0)),
    ]
    return [partial(_left_out_cell, *cell, split) for cell in cells for split in SPLITS[:2]]


def _left_out_cell(name: str, world: World, lift: float, effect: float, split: Split, run: Run) -> Rows:
    def leaves_out(interval: Interval) -> Any:
        return (interval.lower > effect) | (interval.upper < effect) | (interval.ahead < 0)

    found = stops(world, split, run.tests, run.seed + 11, lift=lift, horizon=4.0, claim=leaves_out)[0.01]
    wrong = float(np.isfinite(found).mean())
    row = f"{name}, {split.name}: a 99 % interval that ever leaves out the true difference"
    return [[row, "≤ 1 %", percent(wrong), reached(wrong <= 0.01)]]


def _alike() -> list[Cell]:
    """Arms whose means do not differ, and whose values do."""
    cells: list[tuple[str, World, float | None]] = [
        ("half the buyers, twice the amounts, σ = 1", Fewer(1000, 1.0), 0.01),
        ("amounts of σ = 1 beside those of σ = 2 with their mean", Hidden(1000, 1.0), None),
    ]
    return [partial(_alike_cell, *cell, split) for cell in cells for split in SPLITS[:2]]


def _alike_cell(name: str, world: World, bound: float | None, split: Split, run: Run) -> Rows:
    found = stops(world, split, run.tests, run.seed + 12, horizon=4.0)[0.01]
    wrong = float(np.isfinite(found).mean())
    goal = ["", ""] if bound is None else [f"≤ {percent(bound)}", reached(wrong <= bound)]
    row = f"{name}, {split.name}: a difference of means claimed at 1 %"
    return [[row, goal[0], percent(wrong), goal[1]]]


def _late(run: Run) -> Rows:
    """Labels whose delay depends on the label and on the arm: the bias of the estimate, by both ways."""
    bias, arrived = (
        each.mean - others.LATE_EFFECT for each in others.late_estimates(run.tests, run.seed + 6)
    )
    name = "labels whose delay depends on the label, true effect +0.05: bias of the mature cohort's estimate"
    return [
        [name, "within ± 0.002", f"{bias:+.4f}", reached(abs(bias) <= 0.002)],
        ["the same, of the labels that have arrived", "", f"{arrived:+.4f}", ""],
    ]


def _margin(split: Split, run: Run) -> Rows:
    """Non-inferiority where the challenger is worse by exactly the margin."""
    metric = Metric("it", margin=0.05, one_sided=True)
    found = stops(
        Rate(needed(Rate(1.0, 0.2), 0.05), 0.2),
        split,
        run.tests,
        run.seed + 9,
        lift=-0.05,
        claim=lambda interval: not_worse(metric, interval),
        sided=1,
    )[0.01]
    wrong = float(np.isfinite(found).mean())
    name = f"non-inferiority claimed at exactly the margin (rate 0.2, margin 0.05, {split.name})"
    return [[name, "≤ 1 %", percent(wrong), reached(wrong <= 0.01)]]


def percent(share: float) -> str:
    """With two digits behind the point where there are any."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %"


def reached(met: bool) -> str:
    """In words."""
    return "met" if met else "missed"


def played() -> list[Cell]:
    """Bandits: what is lost while they learn, and how often 95 % intervals of what they learned are right."""
    return [partial(_played, setting) for setting in bandits.SETTINGS]


def _played(setting: bandits.Setting, run: Run) -> Rows:
    done = bandits.play(setting, run.tests, run.seed)
    regret, beside = bandits.regret_beside_even(done)
    held = bandits.coverage(done)
    met = beside <= 0.5 and min(held) >= 0.935
    shown = [percent(share) for share in (*held, bandits.usual(done))]
    return [[setting.name, f"{regret:.1f}", f"{beside:.2f} ×", *shown, reached(met)]]


def budgets() -> list[Cell]:
    """What a worse challenger loses beside a champion of 0.20, with a budget and without."""
    return [partial(_budget, rate, most) for rate in (0.1, 0.18, 0.25) for most in (math.inf, 20.0)]


def _budget(rate: float, most: float, run: Run) -> Rows:
    setting = bandits.Setting("", (0.2, rate), budget=most)
    done = bandits.play(setting, run.tests, run.seed)
    spent, share = done.beside_champion, percent(round(float(done.shares[-1][:, 1].mean()), 3))
    allowed = "none" if math.isinf(most) else f"{most:g}"
    return [[f"{rate:g}", allowed, f"{spent.mean():.1f}", f"{np.quantile(spent, 0.95):.1f}", share]]


def recorded() -> list[Cell]:
    """Off-policy estimates of a version that was not served."""
    worlds = {"rates": None, "amounts, σ = 1": 1.0, "amounts, σ = 2": 2.0}
    return [partial(_recorded, name, sigma) for name, sigma in worlds.items()]


def _recorded(name: str, sigma: float | None, run: Run) -> Rows:
    found = bandits.evaluated(run.tests, run.seed, sigma=sigma)
    return [
        [
            f"{name}, {way}",
            percent(held),
            f"{width:.3f}" if width < math.inf else "none",
            reached(held >= 0.935),
        ]
        for way, (held, width) in zip(bandits.WAYS, found, strict=True)
    ]


TABLES: Mapping[str, Callable[[], list[Cell]]] = {
    "same": same,
    "powered": powered,
    "further": further,
    "bandits": played,
    "budgets": budgets,
    "recorded": recorded,
}
