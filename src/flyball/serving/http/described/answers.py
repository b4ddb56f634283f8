"""The documents that the data plane answers with, as types; tests hold its answers to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from flyball.domain.reasons.told import Method, Unit
from flyball.serving.http.described.shapes import Detail, Document

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Scalar = bool | int | float | str | None


class Reason(Document):
    """A field's part in an answer; ``value`` is left out where a caller may not read it."""

    field: str
    part: float
    value: Scalar | msgspec.UnsetType = msgspec.UNSET


class Change(Document):
    """A field, its value, and the one that it would have instead; ``value`` as of a reason."""

    field: str
    to: Scalar
    value: Scalar | msgspec.UnsetType = msgspec.UNSET


class Counterfactual(Document):
    """Changes after which something else is decided, and the output then."""

    changes: list[Change]
    decision: str
    output: dict[str, Any]


class Counterfactuals(Document):
    """The smallest changes found that turn a ``decision``; or why there are ``none``."""

    decision: str
    found: list[Counterfactual]
    none: str


class Reasons(Document):
    """What moved an answer most: ``base``, the parts and ``rest`` add up to ``answer``."""

    method: Method
    unit: Unit
    of: Scalar
    base: float
    answer: float
    parts: list[Reason]
    rest: float
    counterfactuals: Counterfactuals | msgspec.UnsetType = msgspec.UNSET


class Prediction(Document):
    """What a caller is answered."""

    id: UUID
    endpoint: str
    version: int
    arm: str | None
    output: dict[str, Any]
    decision: str | None
    warnings: list[Detail]
    answered: str | msgspec.UnsetType = msgspec.UNSET
    reasons: Reasons | msgspec.UnsetType = msgspec.UNSET


class Predictions(Document):
    """Answers in the order of the rows."""

    predictions: list[Prediction]


class Record(Prediction, kw_only=True):
    """A prediction as it was recorded."""

    route: int
    reference: str | None
    entity: dict[str, Scalar]
    input: dict[str, Scalar]
    created_at: Moment
    latency: int | None


class Records(Document):
    """A page of predictions; ``next`` is the ``before`` of the next one."""

    predictions: list[Record]
    next: UUID | None


class Explained(Reasons, kw_only=True):
    """What moved a stored prediction."""

    id: UUID
    endpoint: str
    version: int


class Difference(Document):
    """A place where something else came out."""

    pointer: str
    stored: Any
    computed: Any


class Replay(Document):
    """A prediction computed again."""

    id: UUID
    endpoint: str
    version: int
    same: bool
    output: dict[str, Any]
    decision: str | None
    differences: list[Difference]
    artifact: str
    runtime: str
    tolerance: float


class Counts(Document):
    """What became of outcomes."""

    bound: int
    held: int
    ambiguous: int
    unmatched: int


class Erasure(Document):
    """How much was erased."""

    predictions: int
    outcomes: int
    keys: int
    copies: int


class Health(Document):
    """The process answers."""

    status: str


class Arm(Document):
    """A version's part in the traffic; ``share`` is of the rows that are assigned (0 to 1)."""

    name: str
    version: int
    share: float


class Served(Document):
    """A route in force: its number, and its arms."""

    number: int
    arms: list[Arm]


class Recorder(Document):
    """How writing goes."""

    durability: str
    waiting: int
    commits: int


class Hour(Document):
    """What was counted of an endpoint in the last 60 minutes."""

    answers: int
    decisions: dict[str, int]
    refusals: dict[str, int]
    failures: dict[str, int]
    fallbacks: dict[str, int]


class Failure(Document):
    """Why the newest route of an endpoint does not load; ``version`` is null where it cannot be read."""

    version: int | None
    code: str
    sentence: str
    since: Moment


class Status(Document):
    """What is in force and how it is."""

    routes: dict[str, Served]
    retired: list[str]
    failures: dict[str, Failure]
    recorder: Recorder
    refresh_error: str
    last_hour: dict[str, Hour] | None


ANSWERS = (Prediction, Predictions, Record, Records, Explained, Replay, Counts, Erasure, Health, Status)
"""Those that are answered; what they hold comes with them."""
