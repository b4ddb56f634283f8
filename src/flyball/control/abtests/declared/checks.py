"""Declared A/B tests as Django system checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage

from flyball.control.abtests.asking import Asked
from flyball.control.abtests.wording.reading import read
from flyball.control.declarations import checks as declarations
from flyball.control.declarations import discovery
from flyball.domain.abtests.declared.abtest import ABTest
from flyball.domain.abtests.metrics import KNOWN
from flyball.domain.declaration import Endpoint, Fault, declared
from flyball.domain.errors import InvalidInput
from flyball.domain.schedules import is_name

CODE = "E035"
HINT = 'Use abtest = ABTest("spring", challengers=[7], share="20%").'


def check_abtests(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """Every fault of the tests of declarations that are in order by themselves."""
    discovery.load()
    return [message for endpoint in declared() for message in check(endpoint)]


def check(endpoint: type[Endpoint]) -> list[CheckMessage]:
    """The faults of one declaration's test, where reading the rest of it finds none."""
    if endpoint.abtest is None or declarations.check(endpoint):
        return []
    faults = (Fault(CODE, "abtest", message, hint) for message, hint in _faults(endpoint, endpoint.abtest))
    return [declarations.message_of(endpoint, fault) for fault in faults]


def _faults(endpoint: type[Endpoint], test: Any) -> Iterator[tuple[str, str]]:
    """What is wrong, and what to do."""
    if not isinstance(test, ABTest):
        yield "is not an A/B test", HINT
        return
    if test.wrong:
        yield from test.wrong
        return
    if not is_name(test.name):
        yield "has no name", "Name it with at most 63 lower-case letters, digits, - and _."
    try:
        asked = read(test.words)
    except InvalidInput as error:
        for problem in error.problems:
            yield f"has a wrong {problem.pointer.removeprefix('/')}", problem.message
    else:
        yield from _unknown(endpoint, asked)


def _unknown(endpoint: type[Endpoint], asked: Asked) -> Iterator[tuple[str, str]]:
    """Metrics that no endpoint has, nor this one; which of them it has is seen beside its champion."""
    known = [*KNOWN, *(metric.name for metric in endpoint.metrics)]
    named = (asked.metric, *asked.secondary, *(guard.metric for guard in asked.guards))
    for name in named:
        if name and name not in known:
            yield f"names an unknown metric {name!r}", f"There are: {', '.join(known)}."
