"""Schedules over the management API: made, looked at, paused, resumed and removed."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.control.registry.models import Version
from flyball.control.schedules.models import Schedule
from tests.api.conftest import Ask

PATH = "endpoints/purchase/schedules"
NIGHTLY = {"name": "nightly", "times": "every day at 02:00", "kind": "snapshot", "timezone": "Europe/Berlin"}


@pytest.fixture
def nightly(ask: Ask, version: Version) -> dict[str, Any]:
    """A nightly snapshot of ``purchase``."""
    answer = ask("owner", "POST", PATH, NIGHTLY)
    assert answer.status_code == 201
    document: dict[str, Any] = answer.json()
    return document


def test_a_schedule_is_made_and_found(ask: Ask, nightly: dict[str, Any]) -> None:
    assert {name: nightly[name] for name in NIGHTLY} == NIGHTLY
    assert (nightly["endpoint"], nightly["state"], nightly["is_declared"]) == ("purchase", "active", False)
    assert (nightly["last_run"], len(nightly["next_runs"])) == (None, 5)
    assert all("T02:00:00+0" in moment for moment in nightly["next_runs"])
    assert ask("viewer", "GET", PATH).json() == {"schedules": [nightly]}
    assert ask("viewer", "GET", f"{PATH}/nightly").json() == nightly


def test_a_build_is_promoted_only_if_better(ask: Ask, version: Version) -> None:
    answer = ask("owner", "POST", PATH, {**NIGHTLY, "kind": "build", "promote": True, "timezone": None})
    assert (answer.status_code, answer.json()["arguments"]) == (201, {"if_better": True})
    asked = ask("owner", "POST", "endpoints/purchase/builds", {"if_better": True})
    assert asked.json()["arguments"] == {"if_better": True}


def test_a_schedule_is_paused_and_resumed(ask: Ask, nightly: dict[str, Any]) -> None:
    paused = ask("owner", "POST", f"{PATH}/nightly/pause", {}).json()
    assert (paused["state"], paused["next_runs"]) == ("paused", [])
    assert paused["paused_at"]
    assert ask("owner", "POST", f"{PATH}/nightly/pause", {}).json() == paused
    assert ask("owner", "POST", f"{PATH}/nightly/resume", {}).json() == nightly


def test_a_schedule_is_removed(ask: Ask, nightly: dict[str, Any]) -> None:
    assert ask("owner", "DELETE", f"{PATH}/nightly").status_code == 204
    assert ask("viewer", "GET", f"{PATH}/nightly").status_code == 404
    assert ask("owner", "DELETE", f"{PATH}/nightly").status_code == 404


def test_a_declared_one_is_not_removed(ask: Ask, nightly: dict[str, Any]) -> None:
    Schedule.objects.update(is_declared=True)
    answer = ask("owner", "DELETE", f"{PATH}/nightly")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert Schedule.objects.exists()


def test_a_name_is_given_once(ask: Ask, nightly: dict[str, Any]) -> None:
    assert ask("owner", "POST", PATH, NIGHTLY).status_code == 409


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"times": "at night"}, "/times"),
        ({"times": "0 0 30 2 *"}, "/times"),
        ({"times": "0 2 * * *" * 1000}, "/times"),
        ({"times": 5}, "/times"),
        ({"timezone": "Europe/Nowhere"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"name": "a/b"}, "/name"),
        ({"name": "Nightly\u0000"}, "/name"),
        ({"kind": "slow"}, "/kind"),
        ({"promote": True}, "/promote"),
        ({"promote": "yes"}, "/promote"),
        ({"often": True}, "/often"),
    ],
)
def test_a_body_that_does_not_fit_makes_nothing(
    ask: Ask, version: Version, changes: dict[str, Any], pointer: str
) -> None:
    answer = ask("owner", "POST", PATH, {**NIGHTLY, **changes})
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]
    assert not Schedule.objects.exists()


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_verb_takes_nothing(ask: Ask, nightly: dict[str, Any], verb: str) -> None:
    assert ask("owner", "POST", f"{PATH}/nightly/{verb}", {"until": 5}).status_code == 422


@pytest.mark.parametrize("who", ["stranger", "elsewhere"])
def test_a_schedule_does_not_exist_for_who_may_not_see_its_endpoint(
    ask: Ask, nightly: dict[str, Any], who: str
) -> None:
    for method, path in (
        ("GET", PATH),
        ("POST", PATH),
        ("GET", f"{PATH}/nightly"),
        ("DELETE", f"{PATH}/nightly"),
        ("POST", f"{PATH}/nightly/pause"),
        ("POST", f"{PATH}/nightly/resume"),
    ):
        theirs = ask(who, method, path, NIGHTLY if path == PATH else {})
        nowhere = ask(who, method, path.replace("purchase", "nothing"), {})
        assert (theirs.status_code, theirs.json()) == (404, nowhere.json())
    assert Schedule.objects.get().paused_at is None


@pytest.mark.parametrize("who", ["viewer", "member"])
def test_only_who_may_promote_changes_schedules(ask: Ask, nightly: dict[str, Any], who: str) -> None:
    assert ask(who, "GET", f"{PATH}/nightly").status_code == 200
    for method, path in (
        ("POST", PATH),
        ("DELETE", f"{PATH}/nightly"),
        ("POST", f"{PATH}/nightly/pause"),
        ("POST", f"{PATH}/nightly/resume"),
    ):
        assert ask(who, method, path, {}).status_code == 403
