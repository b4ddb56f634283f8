"""Diagnostics over the management API: asked for once, and handed out as tables."""

from __future__ import annotations

import pytest

from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
from tests.api.conftest import Ask

PATH = "endpoints/purchase/versions/1/diagnostics"

pytestmark = pytest.mark.storage


def test_they_are_asked_for_and_then_are_tables(ask: Ask, version: Version) -> None:
    assert ask("viewer", "GET", PATH).status_code == 404
    asked = ask("owner", "POST", PATH, {})
    assert asked.status_code == 202
    assert asked.json()["status"] == "queued"
    assert asked.json()["tables"] is None
    assert ask("owner", "POST", PATH, {}).json()["job"] == asked.json()["job"]
    diagnose_here(version=version)
    found = ask("viewer", "GET", PATH).json()
    assert found["tables"]["roc"]["columns"][0] == "class"
    assert found["tables"]["score"]["rows"][0][2] == pytest.approx(version.facts["held_out_score"])
    assert found["lacking"] == {"over_time": "The rows have no time."}


def test_another_version_is_asked_about_the_same_rows(ask: Ask, version: Version) -> None:
    assert version.candidate is not None
    registry.register(build=version.candidate.build, candidate="baseline")
    place = "endpoints/purchase/versions/2/diagnostics"
    assert ask("owner", "POST", place, {"on": 1}).json()["on"] == 1
    assert ask("viewer", "GET", f"{place}?on=1").json()["version"] == 2
    assert ask("viewer", "GET", f"{place}?on=x").status_code == 422
    assert ask("viewer", "GET", f"{place}?on=9").json()["code"] == "unknown_version"
