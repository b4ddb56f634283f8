"""Requests of all kinds, made by Schemathesis from an OpenAPI document, and answers it does not describe."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
META = json.loads(files("drf_spectacular").joinpath("validation/openapi_3_1_schema.json").read_bytes())
"""What every document of OpenAPI 3.1 fits."""
TIMES = int(os.environ.get("FLYBALL_TEST_REQUESTS_TIMES", "1"))
"""How many times as many requests are made as usually."""
Send = Callable[[Any], Iterable[Any]]


def faults(document: dict[str, Any], send: Send, each: int) -> list[str]:
    """Ask every operation ``each`` times with what its description allows, and with what it does not.

    ``send`` sends one case, as whoever there is, and gives each one's response. Each fault is told once, with
    a request that shows it.
    """
    schema: Any = schemathesis.openapi.from_dict({**document, "servers": [{"url": "/"}]})
    found: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            found += _faults(operation, mode, send, each * TIMES)
    return found


def _faults(operation: Any, mode: Any, send: Send, each: int) -> list[str]:
    found: dict[str, str] = {}

    @seed(1)
    @settings(
        max_examples=each,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        for response in send(case):
            try:
                case.validate_response(response, checks=CHECKS)
            except schemathesis.errors.FailureGroup as group:
                for each in group.exceptions:
                    found.setdefault(
                        f"{operation.label}: {type(each).__name__} {response.status_code}", str(each)
                    )

    try:
        ask()
    except Unsatisfiable:  # what takes nothing cannot be asked wrongly
        assert mode is schemathesis.GenerationMode.NEGATIVE
    return [f"{name}\n{text}" for name, text in found.items()]
