"""What doors hand to the engine: a call with its rows, and outcomes as they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import msgspec

from flyball.domain.values import Scalar


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row to predict. ``pointer`` is its place in the request: "" or "/rows/3".

    ``input`` is checked against the schema by the engine; ``entity`` and ``reference`` by the door, as
    far as their form goes, and by the engine, as far as their names and kinds go.
    """

    entity: dict[str, Scalar] = msgspec.field(default_factory=dict)
    input: Mapping[str, object] = msgspec.field(default_factory=dict)
    reference: str | None = None
    pointer: str = ""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request for predictions: of the champion, or of the version that is asked for by number.

    ``reasons`` is how many of each answer's are asked for, ``counterfactuals`` how many beside them.
    """

    endpoint: str
    rows: tuple[Row, ...]
    version: int | None = None
    idempotency_key: str | None = None
    reasons: int = 0
    counterfactuals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOutcome:
    """One outcome as it was sent. ``endpoint`` may be ``None`` where ``prediction`` is given.

    ``is_text`` says that ``value`` comes from a file that knows only text: ``"12.5"`` is a number then and
    ``"true"`` a boolean label. ``pointer`` is the outcome's place in the request, such as "/outcomes/3".
    ``occurred_at`` is a date where no time of the day was sent.
    """

    value: object
    endpoint: str | None = None
    prediction: UUID | None = None
    reference: str | None = None
    entity: dict[str, Scalar] = field(default_factory=dict)
    occurred_at: datetime | date | None = None
    source: str = "api"
    is_text: bool = False
    pointer: str = ""
