"""What Flyball wants to reach, and whether a run reached it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A number with a bound: at least it, or at most it where ``at_most``."""

    what: str
    bound: float
    unit: str = "×"
    at_most: bool = False

    def verdict(self, value: float | None) -> str:
        """``met`` or ``missed``; a number that was not measured is neither."""
        if value is None:
            return "not measured"
        return "met" if (value <= self.bound if self.at_most else value >= self.bound) else "missed"

    @property
    def asked(self) -> str:
        """The bound in words."""
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}{self.unit}"


GOALS: Mapping[str, Goal] = {
    "onnx": Goal("answers a second beside FastAPI + ONNX by hand", 4),
    "litserve": Goal("answers a second beside LitServe, batching", 13),
    "sklearn": Goal("answers a second beside FastAPI + scikit-learn", 100),
    "django": Goal("answers a second beside Django + DRF", 250),
    "constant": Goal("answers a second beside a raw constant, Flyball on SQLite", 0.45),
    "constant_postgres": Goal("answers a second beside a raw constant, Flyball on PostgreSQL", 0.35),
    "forest": Goal("a forest that scikit-learn answers, beside LitServe batching it", 1.3),
    "p99": Goal("p99 with 64 connections, SQLite", 10, " ms", at_most=True),
    "p50": Goal("p50 with 1 connection, SQLite", 0.5, " ms", at_most=True),
    "start": Goal("`flyball serve`, start to first answer, beside a bare process", 3, at_most=True),
    "memory": Goal("memory of its worker, beside a bare process", 1.7, at_most=True),
    "many": Goal("1,000 small versions in one process, start to first answer", 10, " s", at_most=True),
    "writes": Goal("p99 of the control plane's writes on SQLite, beside full load", 200, " ms", at_most=True),
}


def judged(measured: Mapping[str, float]) -> list[tuple[str, str, str, str]]:
    """A row for each goal: what, the bound, what was measured, and the verdict.

    Raises ``KeyError`` for a number that no goal asks for.
    """
    unknown = measured.keys() - GOALS.keys()
    if unknown:
        raise KeyError(*unknown)
    return [
        (
            goal.what,
            goal.asked,
            spelled(measured[name], goal.unit) if name in measured else "",
            goal.verdict(measured.get(name)),
        )
        for name, goal in GOALS.items()
    ]


def spelled(value: float, unit: str = "") -> str:
    """A number with three digits that count, and its unit."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{unit}"
