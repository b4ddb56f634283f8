"""What all stages know: the data, the models, where they are published, and how long to measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks import answers
from benchmarks.census import Data, Model
from benchmarks.lineup import Home
from benchmarks.servers import Running
from flyball.domain.values import Scalar

CHECKED = 100
"""Rows of which each server's answers are looked at."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often: seconds of a round, of warming up and of writes, rounds, starts,
    versions in one process, repetitions."""

    seconds: float = 5
    warm: float = 2
    rounds: int = 5
    starts: int = 8
    versions: int = 1000
    writes: float = 30
    repetitions: int = 20_000


QUICK = Pace(seconds=1, warm=1, rounds=1, starts=1, versions=50, writes=5, repetitions=1000)


@dataclass(frozen=True)
class Setting:
    """One run. Boosting is published on SQLite and on PostgreSQL, where there is one; the forest, and a model

    without cost, in homes of their own. ``folder`` has room for more of them; ``peers`` has the peers' files.
    """

    data: Data
    boosting: Model
    forest: Model
    sqlite: Home
    forests: Home
    free: Home
    postgres: Home | None
    folder: Path
    peers: Path
    pace: Pace

    @cached_property
    def rows(self) -> list[dict[str, Scalar]]:
        """The rows that are asked."""
        return self.data.asked()

    def check(self, running: Running, model: Model) -> None:
        """Look at a server's answers. Raises ``WrongAnswer``."""
        some = self.rows[:CHECKED]
        answers.check(running, some, answers.expected(model.pipeline, self.data.schema, some))


@dataclass(frozen=True, slots=True)
class Findings:
    """What a stage has found: tables by name, and numbers by the goal that asks for them."""

    tables: Mapping[str, str]
    measured: Mapping[str, float] = field(default_factory=dict)


Rows = Sequence[Mapping[str, Scalar]]
