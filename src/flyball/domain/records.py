"""What is recorded: predictions and outcomes, and the texts by which they are found."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.reasons.told import Reasons
from flyball.domain.values import Scalar, label_of, label_text


def now() -> datetime:
    """The current moment, in UTC."""
    return datetime.now(UTC)


def first_id(moment: datetime, later: timedelta = timedelta()) -> UUID:
    """An id below those of all predictions made from a moment on, or from so much later: ids grow with time.

    They are UUIDs of version 7: milliseconds first.
    """
    milliseconds = int(moment.timestamp() * 1000) + later // timedelta(milliseconds=1)
    return UUID(int=max(milliseconds, 0) << 80)


def moment_of(identity: UUID) -> datetime:
    """When a prediction's id was made, to the millisecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=identity.int >> 80)


def canonical_json(value: Any) -> str:
    """JSON text with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any, *, secret: str = "") -> str:
    """The SHA-256 of a value's canonical JSON, as 64 hexadecimal digits; with a secret, the HMAC under it.

    Infinity and halves of surrogate pairs have digests too: a request is known by its digest before it is
    checked.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data = text.encode("utf-8", "surrogatepass")
    if secret:
        return hmac.new(secret.encode("utf-8", "surrogatepass"), data, hashlib.sha256).hexdigest()
    return hashlib.sha256(data).hexdigest()


def entity_key(entity: Mapping[str, Scalar] | None) -> str | None:
    """The text by which an entity is stored and found; ``None`` without an entity.

    Values are compared as text, so that ``4711`` in a body and in a URL are one entity.
    """
    if not entity:
        return None
    return canonical_json({name: label_text(value) for name, value in entity.items()})


LONGEST_ENTITY = 1024
"""Bytes of an entity's names and values together, as it is stored: an index takes no longer ones."""


def fits(entity: Mapping[str, Scalar]) -> bool:
    """Whether an entity is short enough to be stored and found."""
    return len((entity_key(entity) or "").encode()) <= LONGEST_ENTITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One answered request, as recorded. ``arm`` is ``None`` where a version was asked for by number.

    ``arm`` is the one that the row was assigned to, ``version`` the one that answered: that of another arm
    where ``answered`` names it (``fallback``), else the assigned arm's own. ``reasons`` are stored nowhere:
    they are there where they were asked for with the answer.
    ``latency`` is the time from call to output (microseconds); ``propensity`` the probability by which the
    arm was drawn, and ``test`` the A/B test, where there is one.
    """

    id: UUID
    endpoint: str
    version: int
    arm: str | None
    route: int
    input: dict[str, Scalar]
    output: dict[str, Any]
    created_at: datetime
    decision: str | None = None
    warnings: tuple[Problem, ...] = ()
    entity: dict[str, Scalar] = field(default_factory=dict)
    reference: str | None = None
    segment: str | None = None
    latency: int | None = None
    propensity: float | None = None
    test: int | None = None
    answered: str | None = None
    erased_at: datetime | None = None
    reasons: Reasons | None = None


SAME = 1e-6
"""How far the numbers of two versions may lie apart and be the same: compiled ones answer within it."""
NOTHING = "–"
"""What stands for an answer or a decision that is none."""
ANOMALY, NORMAL = "anomaly", "normal"
"""What is said of a score above the version's threshold, and of any other."""


def answer_text(output: Mapping[str, Any]) -> str:
    """What an output says, in one word: its label, its cluster, its value, or whether it is an anomaly."""
    if "is_anomaly" in output:
        return ANOMALY if output["is_anomaly"] else NORMAL
    found = output.get("label", output.get("cluster", output.get("value")))
    return NOTHING if found is None else label_text(found)


def comes_out_again(
    before: Prediction,
    version: int,
    values: Mapping[str, Scalar],
    decision: str | None,
    test: int | None,
    answered: str | None,
) -> bool:
    """Whether a stored prediction is what a version, an input and a decision lead to once more.

    One of another A/B test, or of none, is not: a test counts who was exposed to it. Nor is one that another
    arm ``answered``.
    Equal numbers are the same (databases give back 1e16 as a whole number); true and 1 are not.
    """
    if (before.version, before.decision, before.test, before.answered) != (version, decision, test, answered):
        return False
    if before.input.keys() != values.keys():
        return False
    return all(
        value == values[name] and isinstance(value, bool) == isinstance(values[name], bool)
        for name, value in before.input.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What really happened, as it was sent: bound by ``prediction``, ``reference``, or entity and time.

    ``repeated`` says which of several predictions of one reference it belongs to: ``latest``, ``first``, or
    none (``refuse``).
    """

    endpoint: str
    value: Scalar
    prediction: UUID | None = None
    reference: str | None = None
    entity: dict[str, Scalar] = field(default_factory=dict)
    occurred_at: datetime | None = None
    source: str = "api"
    repeated: str = "latest"


REPEATED = ("latest", "first", "refuse")
"""Which of several predictions of one reference an outcome belongs to."""


def outcome_labels(task: str, classes: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Which labels an outcome may have: of anomaly scores, whether it was an anomaly; none for numbers."""
    return (False, True) if task == "anomaly_detection" else classes


def check_outcome(task: str, classes: tuple[Scalar, ...], value: object, pointer: str) -> Scalar:
    """The value of an outcome as the task takes it: a class's label, a finite number,
    or of an anomaly detection whether it was an anomaly.

    Raises ``InvalidInput`` with the place and the reason, never the value.
    """
    if task in ("classification", "anomaly_detection"):
        label = (
            label_of(value, outcome_labels(task, classes))
            if isinstance(value, bool | int | float | str)
            else None
        )
        if label is None:
            raise _refused(pointer, "unknown_label", "Expected one of the labels that the model knows.")
        return label
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise _refused(pointer, "wrong_type", "Expected a finite number.")
    return float(value)


def _refused(pointer: str, code: str, message: str) -> InvalidInput:
    return InvalidInput("The outcome does not fit the endpoint.", problems=[Problem(pointer, code, message)])
