"""Tests of an endpoint as a list shows them: two queries, however many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flyball.control.abtests.models import ABTest
from flyball.control.abtests.spec import of_document
from flyball.control.abtests.strata import label
from flyball.control.routing import selectors as routing
from flyball.domain.routing import TESTED, Arm, Route
from flyball.domain.values import moment_text


def listed(endpoint: str, tests: Sequence[ABTest], route: Route | None) -> list[dict[str, Any]]:
    """Each with its kind, state, arms as it began, times and newest verdict. ``route`` is the one in force.

    Times are ISO 8601; shares between 0 and 1.
    """
    began = routing.revisions(endpoint).filter(number__in=[each.before + 1 for each in tests])
    names = ("number", "created_at", "document__arms", "document__test__number")
    first = {number: (moment, arms, of) for number, moment, arms, of in began.values_list(*names)}
    force = None if route is None or route.test is None else route.test.number
    rows = []
    for each in tests:
        moment, arms, of = first.get(each.before + 1, (None, [], None))
        is_started = of == each.number
        verdict = each.verdict or {}
        rows.append(
            {
                "number": each.number,
                "kind": of_document(each.spec).kind,
                "state": _state(is_started, is_in_force=each.number == force),
                "arms": [_arm(arm) for arm in arms if arm["name"] in TESTED] if is_started else [],
                "started_at": moment_text(moment) if is_started else None,
                "ended_at": moment_text(each.ended_at) if is_started else None,
                "verdict": {name: verdict.get(name) for name in ("state", "sentence")} if verdict else None,
            }
        )
    return rows


def _state(is_started: bool, *, is_in_force: bool) -> str:
    if is_in_force:
        return "running"
    return "ended" if is_started else "not_started"


def _arm(arm: Mapping[str, Any]) -> dict[str, Any]:
    found = Arm(str(arm["name"]), int(arm["version"]), threshold=arm.get("threshold"))
    return {"name": label(found), "version": found.version, "share": arm.get("weight")}
