"""Streams of rows whose truth is known, hostile to scores: what a build saw, and what came after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flyball.domain.schema import Field, Kind, Schema
from flyball.inference.frame import conform
from flyball.learning.dataset import Dataset

START = np.datetime64("2025-01-01", "us")
DAY = np.timedelta64(1, "D").astype("timedelta64[us]")
DAYS = 300
"""How long rows came before the build; as many a day come for a fifth of that afterwards."""
SIGNS = np.random.default_rng(5).permuted(np.tile([1, -1], (20, 1)), axis=1).ravel()
"""Each of the two signs once in any two periods of ten days, in an order that nothing tells."""
SCHEMA = Schema(
    (
        Field(name="trait", kind=Kind.NUMBER),
        Field(name="amount", kind=Kind.NUMBER),
        Field(name="at", kind=Kind.TIMESTAMP),
    )
)
Draw = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """How rows come about: their entities, the odds of a yes, and the days until the outcome is known."""

    entities: Callable[[Draw, int], np.ndarray]
    odds: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    delay: Callable[[Draw, np.ndarray], np.ndarray] = lambda draw, yes: np.zeros(len(yes))
    amounts: Callable[[Draw, int], np.ndarray] = lambda draw, size: draw.normal(size=size)


def evenly(draw: Draw, size: int) -> np.ndarray:
    """Twenty rows an entity."""
    return draw.integers(0, size // 20, size)


def one_of_most(draw: Draw, size: int) -> np.ndarray:
    """One entity has nine rows in ten."""
    return np.where(draw.random(size) < 0.9, 0, evenly(draw, size))


def heavy(draw: Draw, size: int) -> np.ndarray:
    """Sizes of entities with a heavy tail."""
    weights = draw.pareto(1.0, size // 20) + 0.1
    return draw.choice(len(weights), size, p=weights / weights.sum())


def flipping(trait: np.ndarray, amount: np.ndarray, day: np.ndarray) -> np.ndarray:
    """What a trait means turns round every ten days or twenty: no calendar tells when."""
    odds: np.ndarray = 4 * trait * SIGNS[(day // 10).astype(int)]
    return odds


def steady(trait: np.ndarray, amount: np.ndarray, day: np.ndarray) -> np.ndarray:
    """What traits and amounts mean stays."""
    return 1.5 * trait + np.clip(amount, -3, 3)


def drifting(trait: np.ndarray, amount: np.ndarray, day: np.ndarray) -> np.ndarray:
    """What a trait means fades, and there are more with each month."""
    return 2 * trait * (1 - day / 600) + np.clip(amount, -3, 3) + day / 150 - 1


def by_label(draw: Draw, yes: np.ndarray) -> np.ndarray:
    """A yes is known within days, a no after months."""
    return np.where(yes, draw.exponential(4, len(yes)), 45 + draw.exponential(15, len(yes)))


TRUTHS: Mapping[str, Truth] = {
    "an effect that flips": Truth(entities=evenly, odds=flipping),
    "an entity of nine rows in ten": Truth(entities=one_of_most, odds=flipping),
    "heavy tails": Truth(
        entities=heavy, odds=steady, amounts=lambda draw, size: draw.standard_cauchy(size=size)
    ),
    "delays that depend on the label": Truth(entities=evenly, odds=drifting, delay=by_label),
}


def stream(truth: Truth, size: int, seed: int) -> tuple[Dataset, Dataset]:
    """The rows whose outcome is known when a build begins, and the fresh ones that come after it."""
    draw = np.random.default_rng(seed)
    total = size + size // 5
    day = np.sort(draw.random(total)) * DAYS * 1.2
    entities = truth.entities(draw, total)
    trait, amount = draw.normal(size=entities.max() + 1)[entities], truth.amounts(draw, total)
    yes = draw.random(total) < 1 / (1 + np.exp(-truth.odds(trait, amount, day)))
    known = day + truth.delay(draw, yes)
    times, known_at = (START + (days * 86_400_000_000).astype("timedelta64[us]") for days in (day, known))
    columns = {"trait": trait, "amount": amount, "at": pd.Series(times).dt.tz_localize("UTC")}
    every = Dataset(
        frame=conform(SCHEMA, pd.DataFrame(columns)),
        target=np.where(yes, "yes", "no"),
        entities=entities[:, None],
        times=times,
        known_at=known_at,
        keys=np.arange(total).astype(str),
        schema=SCHEMA,
    )
    return every.take(np.flatnonzero(known <= DAYS)), every.take(np.flatnonzero(day > DAYS))
