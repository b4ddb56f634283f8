"""Between which bounds a value will lie, as errors out of fold have shown."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval about each value, which holds what happens with chance ``level``.

    Values are told apart at ``edges``, ascending: below the first edge the first of ``below`` and ``above``
    is added for the two bounds, from the last edge on the last.
    """

    level: float
    edges: tuple[float, ...]
    below: tuple[float, ...]
    above: tuple[float, ...]

    @property
    def is_sound(self) -> bool:
        """Whether its parts fit each other, and each lower bound is below its upper one."""
        parts = len(self.edges) + 1
        numbers = (*self.edges, *self.below, *self.above)
        return (
            len(self.below) == len(self.above) == parts
            and all(map(math.isfinite, numbers))
            and list(self.edges) == sorted(set(self.edges))
            and all(low <= high for low, high in zip(self.below, self.above, strict=True))
            and 0 < self.level < 1
        )
