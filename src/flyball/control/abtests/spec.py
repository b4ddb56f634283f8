"""What a test compares, by what, and when it stops: as it is asked for, and as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from flyball.domain.abtests.claims import Metric as Claimed
from flyball.domain.abtests.claims import Role
from flyball.domain.abtests.metrics import Action, Better, Shape
from flyball.domain.abtests.verdict import Rules
from flyball.typed import known


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One metric of a test.

    ``within`` is how long after its first prediction a unit counts (seconds); ``margin`` how much worse a
    challenger may be. ``declared`` is the digest of the declaration's metric, empty for one that every
    endpoint has; ``bets`` says that it is a rate of few planned events, judged without approximation.
    ``reads`` is the digest of how outputs are read: which class counts, and which decision foretells it.
    """

    name: str
    role: Role
    better: Better
    shape: Shape
    within: float
    outcomes: bool
    margin: float | None = None
    one_sided: bool = False
    declared: str = ""
    bets: bool = False
    reads: str = ""

    @property
    def claimed(self) -> Claimed:
        """As verdicts speak of it."""
        return Claimed(
            self.name,
            role=self.role,
            better=self.better,
            margin=self.margin,
            one_sided=self.one_sided,
            outcomes=self.outcomes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """A canary's steps: shares of all units, each for at least so long (seconds)."""

    steps: tuple[float, ...]
    each: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandit:
    """Shares follow the chance of being best: at least ``floor`` each, changed every so often (seconds).

    ``budget`` is how much of the metric may be lost beside the champion (``None``: any).
    """

    every: float
    floor: float
    budget: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What is kept of a test; fixed at its start.

    ``metrics`` has the primary one first. ``maturity`` is how long a prediction's outcome may take (seconds).
    ``information`` is what the planned sample brings of a challenger beside the champion (n₁n₀/(n₁+n₀)).
    ``stops`` are the judgements that end it, of ``winner``, ``no_difference`` and ``harm``.
    """

    unit: str
    metrics: tuple[Judged, ...]
    maturity: float
    information: float
    level: float = 0.01
    at_least: float = 7 * 86_400.0
    at_most: float | None = None
    stops: tuple[str, ...] = ("winner", "harm")
    action: Action = "tell"
    ramp: Ramp | None = None
    bandit: Bandit | None = None

    @property
    def primary(self) -> Judged:
        """The metric that decides."""
        return self.metrics[0]

    @property
    def kind(self) -> str:
        """What sort of test: ``ab``, ``canary`` or ``bandit``."""
        if self.ramp is not None:
            return "canary"
        return "ab" if self.bandit is None else "bandit"

    @property
    def rules(self) -> Rules:
        """When it may stop."""
        return Rules(
            level=self.level,
            at_least=timedelta(seconds=self.at_least),
            at_most=None if self.at_most is None else timedelta(seconds=self.at_most),
            winner="winner" in self.stops,
            no_difference="no_difference" in self.stops,
            harm="harm" in self.stops,
        )

    def document(self) -> dict[str, Any]:
        """As JSON."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept


def of_document(document: Any) -> Spec:
    """What ``Spec.document`` wrote."""
    return msgspec.convert(document, Spec)


known(Spec)
