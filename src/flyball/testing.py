"""For the tests of projects that predict: answers without a thread or a model, or the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeGuard

from uuid_utils.compat import uuid7

from flyball import inprocess
from flyball.domain.errors import UnknownEndpoint
from flyball.domain.records import Prediction, now
from flyball.domain.values import Scalar
from flyball.serving.calls import Call, Row

Answer = Mapping[str, Any] | Callable[..., Mapping[str, Any]]
"""An output; or a mapping with ``output`` and, where there is one, ``decision``; or what computes either
from the keyword arguments ``entity``, ``input`` and ``reference``."""


@contextmanager
def answers(endpoints: Mapping[str, Answer]) -> Iterator[list[Prediction]]:
    """Have ``flyball.predict`` and ``apredict`` give these answers; nothing is loaded, checked or stored.

    ``endpoints`` maps names of endpoints to their answers; asking for any other raises ``UnknownEndpoint``.
    Gives the list of the predictions that were made meanwhile.

    Example::

        with answers({"diagnosis": {"label": "benign", "probabilities": {"benign": 0.9, "malignant": 0.1}}}):
            response = client.post("/patients/17/triage/")
    """
    made: list[Prediction] = []

    def stand_in(call: Call) -> list[Prediction]:
        if call.endpoint not in endpoints:
            raise UnknownEndpoint(f"The test has no answer for {call.endpoint!r}.")
        predictions = [_prediction(call, row, endpoints[call.endpoint]) for row in call.rows]
        made.extend(predictions)
        return predictions

    inprocess.instead.append(stand_in)
    try:
        yield made
    finally:
        inprocess.instead.remove(stand_in)


@contextmanager
def engine() -> Iterator[None]:
    """Let the engine itself answer in a test: it loads what is published, and commits.

    For a ``TransactionTestCase`` on a database that other connections see (on SQLite one in a file:
    ``DATABASES["default"]["TEST"] = {"NAME": …}``). In a ``TestCase`` nothing that the test writes is ever
    committed, so nothing of it is served. At the end the connections are closed: else the test database
    could not be dropped.
    """
    inprocess.allowed_in_tests.append(True)
    try:
        yield
    finally:
        inprocess.allowed_in_tests.pop()
        if not inprocess.allowed_in_tests:
            inprocess.close()


def _prediction(call: Call, row: Row, answer: Answer) -> Prediction:
    given = answer if isinstance(answer, Mapping) else _computed(answer, row)
    whole: Mapping[str, Any] = given if "output" in given else {"output": given}
    values: dict[str, Scalar] = {name: value for name, value in row.input.items() if _is_scalar(value)}
    return Prediction(
        id=uuid7(),
        endpoint=call.endpoint,
        version=call.version or 1,
        arm=None if call.version else "champion",
        route=1,
        input=values,
        output=dict(whole["output"]),
        decision=whole.get("decision"),
        created_at=now(),
        entity=row.entity,
        reference=row.reference,
    )


def _computed(answer: Callable[..., Mapping[str, Any]], row: Row) -> Mapping[str, Any]:
    return answer(entity=row.entity, input=row.input, reference=row.reference)


def _is_scalar(value: object) -> TypeGuard[Scalar]:
    return value is None or isinstance(value, bool | int | float | str)
