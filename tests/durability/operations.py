"""What clients ask: predictions of one row and of several, and the outcomes of both, without end."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from flyball.domain.records import digest
from tests.durability.ledger import Sent

ENDPOINT = "triage"
SEVERAL = 3
"""Rows of a request that has several."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A request, and what is known of it before it is sent."""

    path: str
    body: dict[str, Any]
    sent: Sent


Steps = Generator[Operation, Any, None]
"""Gives operations; takes the answer to each."""


def endless(name: str) -> Steps:
    """Predict a row, tell its outcome; predict several, tell theirs and some that are held; and again."""
    for number in itertools.count():
        one = f"{name}-{number}"
        answer = yield prediction(one)
        if answer is not None:
            yield outcome(answer["id"])
        several = [f"{one}.{place}" for place in range(SEVERAL)]
        yield predictions(several)
        yield outcomes([*several, *(f"{each}.held" for each in several)])


def prediction(reference: str) -> Operation:
    """One row."""
    row = _row(reference)
    return _operation("prediction", f"/v1/endpoints/{ENDPOINT}/predictions", row, [row])


def predictions(references: Sequence[str]) -> Operation:
    """Several rows: all are recorded, or none."""
    rows = [_row(each) for each in references]
    return _operation("prediction", f"/v1/endpoints/{ENDPOINT}/predictions", {"rows": rows}, rows)


def outcome(identity: str) -> Operation:
    """What happened after the prediction of that id."""
    value = _value(identity)
    asked = [{"prediction": identity, "value": value}]
    return _operation("outcome", f"/v1/predictions/{identity}/outcome", {"value": value}, asked)


def outcomes(references: Sequence[str]) -> Operation:
    """What happened after the predictions of these references, of which some may be unknown."""
    asked = [{"reference": each, "value": _value(each)} for each in references]
    return _operation("outcome", f"/v1/endpoints/{ENDPOINT}/outcomes", {"outcomes": asked}, asked)


def told(body: dict[str, Any]) -> str:
    """The digest of an acknowledgement: predictions, a row each, or counts."""
    return digest(body.get("predictions", [body]))


def _operation(kind: str, path: str, body: dict[str, Any], asked: list[dict[str, Any]]) -> Operation:
    rows = tuple(each.get("reference") or each["prediction"] for each in asked)
    return Operation(path, body, Sent(key=f"{kind}-{rows[0]}", kind=kind, rows=rows, asked=digest(asked)))


def _row(reference: str) -> dict[str, Any]:
    number = zlib.crc32(reference.encode())
    return {
        "input": {"age": number % 1200 / 10, "ward": ("east", "west")[number % 2]},
        "reference": reference,
    }


def _value(name: str) -> str:
    return ("ill", "well")[zlib.crc32(name.encode()) % 2]
