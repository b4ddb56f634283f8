"""Intervals as a small picture: each on a line of its own, all of one metric about the same zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WIDE, HIGH = 200, 16
MIDDLE, REACH = WIDE / 2, WIDE / 2 - 8
"""Where zero is, and how far from it the largest bound is drawn."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One interval. ``most`` is what is drawn at the edge; a bound that is ``None`` lies beyond it.

    ``margin`` is how far from zero no difference is, where that is declared; ``sign`` says to which side a
    difference is for the better: 1 right, -1 left, 0 to none.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    most: float
    margin: float | None = None
    sign: int = 1

    @property
    def is_known(self) -> bool:
        """Whether there is anything to draw."""
        return self.lower is not None or self.upper is not None

    @property
    def line(self) -> str:
        """From bound to bound, with an end at each that is known, as a path."""
        low, high = _at(self.lower, self.most, 0), _at(self.upper, self.most, WIDE)
        both = ((low, self.lower), (high, self.upper))
        ends = [f"M{at:.1f} 4v8" for at, bound in both if bound is not None]
        return f"M{low:.1f} 8H{high:.1f}{''.join(ends)}"

    @property
    def point(self) -> str:
        """The estimate, as a path."""
        return "" if self.estimate is None else f"M{_at(self.estimate, self.most, 0):.1f} 3.5v9"

    @property
    def margins(self) -> str:
        """Where the margin ends, on both sides, as a path."""
        if self.margin is None:
            return ""
        return "".join(f"M{_at(each, self.most, 0):.1f} 0v{HIGH}" for each in (-self.margin, self.margin))

    @property
    def tone(self) -> str:
        """Whether it lies on one side of zero: ``better``, ``worse``, or neither."""
        if self.lower is not None and self.lower > 0:
            side = 1
        elif self.upper is not None and self.upper < 0:
            side = -1
        else:
            return "open"
        if not self.sign:
            return "worse"
        return "better" if side == self.sign else "worse"


def reach(bounds: Iterable[float | None]) -> float:
    """The largest of some bounds, whatever their sign; 1 where none is known."""
    return max((abs(each) for each in bounds if each is not None), default=0.0) or 1.0


def _at(value: float | None, most: float, missing: float) -> float:
    if value is None:
        return missing
    return min(max(MIDDLE + REACH * value / most, 0.0), float(WIDE))
