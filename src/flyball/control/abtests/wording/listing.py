"""Tests side by side: what lists show of each, in a few queries however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flyball.control.abtests.models import ABTest
from flyball.control.abtests.spec import of_document
from flyball.control.abtests.strata import CHAMPION, allocation
from flyball.control.routing import selectors as routing
from flyball.domain.values import moment_text


def summaries(endpoint: str, tests: Sequence[ABTest]) -> list[dict[str, Any]]:
    """Tests of one endpoint in their order; ``shares`` are those of the start, of one never started none."""
    numbers = [test.before + 1 for test in tests]  # a start is the next revision, or it is refused
    found = {each.number: each for each in routing.revisions(endpoint).filter(number__in=numbers)}
    return [_summary(test, found.get(test.before + 1)) for test in tests]


def _summary(test: ABTest, revision: Any) -> dict[str, Any]:
    spec, verdict = of_document(test.spec), test.verdict or {}
    route = None if revision is None else routing.document(revision)
    is_started = route is not None and route.test is not None and route.test.number == test.number
    shares = allocation(route).shares() if route is not None and is_started else {}
    return {
        "endpoint": test.endpoint_id,
        "number": test.number,
        "name": test.name,
        "kind": spec.kind,
        "state": ("running" if test.ended_at is None else "ended") if is_started else "not_started",
        "metric": spec.primary.name,
        "challengers": [name for name in shares if name != CHAMPION],
        "shares": shares,
        "verdict": verdict.get("state"),
        "sentence": verdict.get("sentence") or "",
        "created_at": moment_text(test.created_at),
        "started_at": moment_text(revision.created_at) if is_started else None,
        "decided_at": moment_text(test.decided_at),
        "ended_at": moment_text(test.ended_at),
        "trouble": test.trouble,
    }
