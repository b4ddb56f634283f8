"""Schedules on the command line: listed, added, paused, resumed and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flyball import Batch, Rows, Schedule
from flyball.control.declarations.models import Endpoint
from flyball.control.schedules.making import make_due
from flyball.control.schedules.models import Schedule as Applied
from flyball.domain.records import now
from tests.cli.conftest import Typed

NIGHTLY = ("purchase", "nightly")


@pytest.fixture
def nightly(typed: Typed, applied: Callable[..., Any]) -> dict[str, Any]:
    """A nightly snapshot of ``purchase``."""
    applied()
    made: dict[str, Any] = typed.json("schedules", "add", *NIGHTLY, "every day at 02:00", "snapshot")
    return made


def test_schedules_are_listed_with_their_next_runs(typed: Typed, nightly: dict[str, Any]) -> None:
    assert typed.json("schedules") == typed.json("schedules", "list", "--endpoint", "purchase") == [nightly]
    assert typed.json("schedules", "list", "--endpoint", "nothing") == []
    shown = typed("schedules").stdout
    assert "purchase nightly" in shown
    assert "every day at 02:00" in shown
    assert shown.count(" 02:00") >= 5


def test_without_schedules_that_is_said(typed: Typed) -> None:
    assert "No schedules yet." in typed("schedules").stdout


def test_the_last_run_is_listed_with_its_job_s_state(typed: Typed, nightly: dict[str, Any]) -> None:
    Applied.objects.update(next_due_at=now())
    make_due(now())
    (listed,) = typed.json("schedules")
    (job,) = typed.json("jobs", "list")
    assert (listed["last_run"]["job"], listed["last_run"]["status"]) == (job["id"], "queued")
    assert "queued" in typed("schedules").stdout


def test_a_build_has_its_own_zone_and_is_promoted_if_better(typed: Typed, nightly: dict[str, Any]) -> None:
    made = typed.json(
        *("schedules", "add", "purchase", "weekly", "0 6 * * 1", "build"),
        *("--promote", "--timezone", "Europe/Berlin"),
    )
    assert (made["timezone"], made["arguments"]) == ("Europe/Berlin", {"if_better": True})
    assert "if better" in typed("schedules").stdout


def test_a_declared_batch_is_scheduled_by_hand(typed: Typed, declare: Callable[..., Any]) -> None:
    declare(batches=[Batch("all", rows=Rows("rows.csv"), out="answers-{date}.csv")])
    typed("apply")
    made = typed.json("schedules", "add", "purchase", "evening", "every hour", "batch", "--batch", "all")
    assert made["arguments"] == {"batch": "all"}
    shown = typed("schedules").stdout
    assert "batch all" in shown
    assert "if better" not in shown


def test_a_schedule_is_paused_resumed_and_removed(typed: Typed, nightly: dict[str, Any]) -> None:
    assert "is paused" in typed("schedules", "pause", *NIGHTLY).stdout
    assert typed.json("schedules", "pause", *NIGHTLY)["state"] == "paused"
    assert typed.json("schedules", "resume", *NIGHTLY) == nightly
    assert "is due next at" in typed("schedules", "resume", *NIGHTLY).stdout
    assert typed.json("schedules", "remove", *NIGHTLY) == {"endpoint": "purchase", "name": "nightly"}
    assert typed.json("schedules") == []


def test_a_declared_one_is_taken_out_of_the_declaration(typed: Typed, declare: Callable[..., Any]) -> None:
    declare(schedules=[Schedule("every day at 02:00", "snapshot", name="nightly")])
    assert "schedule nightly is created" in typed("apply").stdout
    assert typed("schedules", "remove", *NIGHTLY, exits=5)
    declare()
    assert "schedule nightly is removed" in typed("apply").stdout


def test_an_endpoint_that_makes_no_runs_is_told(typed: Typed, nightly: dict[str, Any]) -> None:
    Endpoint.objects.update(retired_at=now())
    assert "The endpoint is retired" in " ".join(typed("schedules").stdout.split())


def test_one_that_fails_is_told_with_the_reason(typed: Typed, nightly: dict[str, Any]) -> None:
    Applied.objects.update(timezone="Europe/Nowhere", next_due_at=now())
    make_due(now())
    shown = " ".join(typed("schedules").stdout.split())
    assert "failing" in shown
    assert "no time zone of that name" in shown


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "nothing", "nightly", "every hour", "snapshot"), 1),
        (("add", "purchase", "nightly", "every hour", "snapshot"), 5),
        (("add", "purchase", "other", "at night", "snapshot"), 1),
        (("add", "purchase", "other", "every hour", "knitting"), 1),
        (("add", "purchase", "other", "every hour", "snapshot", "--promote"), 1),
        (("add", "purchase", "other", "every hour", "snapshot", "--timezone", "Nowhere"), 1),
        (("pause", "purchase", "other"), 1),
        (("resume", "purchase", "other"), 1),
        (("remove", "purchase", "other"), 1),
    ],
)
def test_what_there_is_not_ends_a_command_with_a_sentence(
    typed: Typed, nightly: dict[str, Any], words: tuple[str, ...], code: int
) -> None:
    typed("schedules", *words, exits=code)
    assert len(typed.json("schedules")) == 1


def test_a_build_is_asked_for_if_better_by_itself(typed: Typed, nightly: dict[str, Any]) -> None:
    asked = typed.json("build", "purchase", "--detach", "--if-better")
    assert asked["arguments"] == {"if_better": True}
    typed("build", "purchase", "--if-better", "--yes", exits=2)
