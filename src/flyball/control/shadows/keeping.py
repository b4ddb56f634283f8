"""A shadow as its job has it: how far it is, its sums, and each step written whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flyball.control.connection import database
from flyball.control.shadows.models import Shadow
from flyball.domain.records import Prediction, now
from flyball.domain.shadows.agreement import Agreement, of_document
from flyball.stores.shadows import steps
from flyball.stores.shadows.steps import Answer, Losses, Step

HOUR_MILLISECONDS = 3_600_000
ASKED, FAILED, ANSWERED, DIFFERING, DISTANCE = range(5)


class Kept:
    """The row of a shadow and its sums, as they were read and as each step has left them.

    One job at a time gets on: a step that somebody else has taken raises ``Conflict``.
    """

    def __init__(self, row: Shadow, connection: Any) -> None:
        self.row = row
        self.endpoint = row.endpoint_id
        self.version = row.version
        self.database = database()
        self.connection = connection
        self._agreements = {(each.version, each.arm): each for each in row.agreements.all()}
        self._read: dict[tuple[int, str], Agreement] = {}
        self._changed: set[tuple[int, str]] = set()
        self._hours: dict[int, list[float]] = {}

    def beside(self, stored: Prediction) -> Agreement:
        """The sums beside the version and the arm that gave a prediction; they are written with the step."""
        key = (stored.version, stored.arm or "")
        self._changed.add(key)
        if key not in self._read:
            known = self._agreements.get(key)
            self._read[key] = Agreement() if known is None else of_document(known.document)
        return self._read[key]

    def hour(self, identity: UUID) -> list[float]:
        """What is counted of the hour in which a prediction was made."""
        return self._hours.setdefault((identity.int >> 80) // HOUR_MILLISECONDS, [0, 0, 0, 0, 0.0])

    def forget(self) -> None:
        """Write nothing of what was counted since the last step."""
        self._changed, self._hours = set(), {}

    def take(self, *, answers: Sequence[Answer] = (), losses: Sequence[Losses] = (), **columns: Any) -> None:
        """Write one step: answers, losses, sums and columns of the row. Raises ``Conflict``."""
        step = Step(
            shadow=self.row.pk,
            endpoint=self.endpoint,
            turn=self.row.turn,
            columns={
                name: self.database.json_in(value) if isinstance(value, dict) else value
                for name, value in columns.items()
            },
            answers=answers,
            losses=losses,
            agreements={key: self._read[key].document() for key in sorted(self._changed)},
            hours=self._hours,
        )
        steps.take(self.database, self.connection, step, now())
        self.forget()
        self.row.turn += 1
        for name, value in columns.items():
            setattr(self.row, name, value)
