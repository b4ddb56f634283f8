"""Counts as bars of a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BAR = 6
"""How far apart bars are."""
HIGH = 16


@dataclass(frozen=True, slots=True)
class Bars:
    """Counts as bars: each with its place, and at least a line where there is none."""

    counts: Sequence[int]

    @property
    def each(self) -> list[tuple[int, int, int]]:
        """The left edge, the upper edge and the height of each."""
        heights = [max(1, round(HIGH * count / (self.most or 1))) for count in self.counts]
        return [(BAR * place, HIGH - height, height) for place, height in enumerate(heights)]

    @property
    def width(self) -> int:
        """All bars together."""
        return BAR * len(self.counts)

    @property
    def total(self) -> int:
        """The sum."""
        return sum(self.counts)

    @property
    def most(self) -> int:
        """The largest."""
        return max(self.counts, default=0)

    @property
    def hours(self) -> int:
        """How many there are."""
        return len(self.counts)


@dataclass(frozen=True, slots=True)
class Shares:
    """The parts of a whole as bars, the largest as high as the picture."""

    parts: Sequence[float]

    @property
    def width(self) -> int:
        """All bars together."""
        return BAR * len(self.parts)

    @property
    def path(self) -> str:
        """All bars in one line of drawing: a page may hold hundreds of them. At least a line where one is."""
        most = max(self.parts, default=0) or 1
        heights = [max(1, round(HIGH * part / most)) if part > 0 else 0 for part in self.parts]
        return "".join(
            f"M{BAR * place} {HIGH}v-{height}h{BAR - 1}v{height}z"
            for place, height in enumerate(heights)
            if height
        )
