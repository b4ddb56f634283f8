"""What a declaration says of reasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interventional:
    """Answers of trees are explained against 1 to 1,000 ``rows`` of the snapshot, kept with the version."""

    rows: int = 100

    @property
    def is_sound(self) -> bool:
        """Whether that is such a number."""
        return type(self.rows) is int and 1 <= self.rows <= 1000
