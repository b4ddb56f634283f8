"""Amounts as bars of a small picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

BAR = 6
"""How far apart bars are."""
HIGH = 16


@dataclass(frozen=True, slots=True)
class Bars:
    """Counts, or other amounts, as bars: each with its place, and at least a line where there is none."""

    counts: Sequence[float]

    @property
    def some(self) -> str:
        """The bars of those that there are, as a path: fifty pictures of a page are as many elements."""
        return self._path(lambda count: count > 0)

    @property
    def none(self) -> str:
        """The lines where there is none."""
        return self._path(lambda count: count <= 0)

    def _path(self, is_drawn: Callable[[float], bool]) -> str:
        most = self.most or 1
        heights = [max(1, round(HIGH * count / most)) for count in self.counts]
        return "".join(
            f"M{BAR * place} {HIGH - height}h{BAR - 1}v{height}h{1 - BAR}z"
            for place, height in enumerate(heights)
            if is_drawn(self.counts[place])
        )

    @property
    def width(self) -> int:
        """All bars together."""
        return BAR * len(self.counts)

    @property
    def total(self) -> float:
        """The sum."""
        return sum(self.counts)

    @property
    def most(self) -> float:
        """The largest."""
        return max(self.counts, default=0)

    @property
    def hours(self) -> int:
        """How many there are."""
        return len(self.counts)


@dataclass(frozen=True, slots=True)
class Shares:
    """The parts of a whole as bars, the largest as high as the picture; and where a value stands on them."""

    parts: Sequence[float]
    place: float | None = None
    """From 0 (left) to 1."""

    @property
    def mark(self) -> str:
        """The line where the value stands, as a path. At the ends it stays within the picture."""
        if self.place is None:
            return ""
        return f"M{min(max(self.width * self.place, 1), self.width - 1):.1f} 0v{HIGH}"

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
