"""Outcomes: stored as they were sent, bound to predictions, handed out as labels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a number of outcomes."""

    bound: int = 0
    held: int = 0
    ambiguous: int = 0
    unmatched: int = 0
