"""What rows weigh: what an endpoint declares of it, and what a version keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STORED = b"flyball.weight"
"""A snapshot file's own word, in its metadata, for the name of the column that its rows weigh by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """``column`` holds each row's weight; where it is empty, all rows weigh the same.

    With ``is_balanced`` fits weigh rows besides, so that all labels have the same weight in sum.
    """

    column: str = ""
    is_balanced: bool = False

    @classmethod
    def of(cls, endpoint: Any) -> Weighing:
        """What an endpoint declares."""
        is_balanced = endpoint.task == "classification" and endpoint.balance
        return cls(column=endpoint.rows.weight or "", is_balanced=is_balanced)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What people are told of it."""
        said = []
        if self.column:
            said.append(f"Rows count by their {self.column}, in learning and in scores.")
        if self.is_balanced:
            said.append(
                "It was learned as if all labels were equally frequent: its probabilities are those of "
                "such a world, unless they are calibrated. Scores are those of the rows as they are."
            )
        return tuple(said)
