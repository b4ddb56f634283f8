"""Schedules that are declared with their endpoint: checked, created, changed and removed by apply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flyball import Schedule
from flyball.control.routing import services as routing
from flyball.control.schedules import selectors, services
from flyball.control.schedules.checks import check, check_schedules
from flyball.control.schedules.making import make_due
from flyball.control.schedules.models import Schedule as Applied
from flyball.domain.errors import Conflict, DeclarationError
from flyball.stores.database import Database
from tests.registry import small
from tests.schedules.cast import at, runs, schedule

pytestmark = pytest.mark.storage

NIGHTLY = Schedule("every day at 02:00", "snapshot")
WEEKLY = Schedule("every Monday at 06:00", "build", name="weekly", promote=True, timezone="Europe/Berlin")
NIGHTLY_NAME = "snapshot-every-day-at-02-00"


@pytest.fixture
def apply(database: Database, tmp_path: Path) -> Callable[..., list[str]]:
    """Declares ``purchase`` with these schedules, and applies it; what has changed."""

    def apply(*schedules: Schedule) -> list[str]:
        declared = small.declare(small.write_csv(tmp_path / "rows.csv"), schedules=list(schedules))
        plan = routing.plan_changes(declarations={"purchase": declared})
        changes = routing.apply(declarations={"purchase": declared})
        assert changes == plan
        return [change.what for change in changes]

    apply()
    return apply


def names() -> list[str]:
    return [each.name for each in selectors.schedules()]


def test_declared_schedules_are_created_once_and_each_is_named(apply: Callable[..., list[str]]) -> None:
    assert apply(NIGHTLY, WEEKLY) == [
        f"schedule {NIGHTLY_NAME} is created (every day at 02:00, UTC: snapshot)",
        "schedule weekly is created (every Monday at 06:00, Europe/Berlin: build, promoted if better)",
    ]
    assert apply(WEEKLY, NIGHTLY) == []
    nightly, weekly = selectors.schedules()
    assert (nightly.name, nightly.timezone, nightly.arguments, nightly.is_declared) == (
        NIGHTLY_NAME,
        "UTC",
        {},
        True,
    )
    assert (weekly.kind, weekly.timezone, weekly.arguments) == ("build", "Europe/Berlin", {"if_better": True})
    assert all(len(selectors.next_runs(each)) == 5 for each in (nightly, weekly))


def test_an_endpoint_comes_with_its_schedules(database: Database, tmp_path: Path) -> None:
    declared = small.declare(small.write_csv(tmp_path / "rows.csv"), schedules=[NIGHTLY])
    changes = routing.apply(declarations={"purchase": declared})
    assert changes[-1].what.startswith(f"schedule {NIGHTLY_NAME} is created")
    assert names() == [NIGHTLY_NAME]


def test_a_schedule_that_is_declared_otherwise_is_changed_and_due_by_its_new_times(
    apply: Callable[..., list[str]],
) -> None:
    apply(WEEKLY)
    before = selectors.schedule("purchase", "weekly").next_due_at
    assert apply(Schedule("every Monday at 06:00", "build", name="weekly", timezone="Europe/Berlin")) == [
        "schedule weekly is changed (every Monday at 06:00, Europe/Berlin: build)"
    ]
    changed = selectors.schedule("purchase", "weekly")
    assert (changed.arguments, changed.next_due_at) == ({}, before)
    apply(Schedule("every Friday at 07:30", "build", name="weekly"))
    due = selectors.schedule("purchase", "weekly").next_due_at
    assert due is not None
    assert f"{due:%a %H:%M}" == "Fri 07:30"


def test_one_that_is_edited_while_it_is_due_runs_by_its_new_times_alone(
    apply: Callable[..., list[str]],
) -> None:
    apply(WEEKLY)
    made = selectors.schedule("purchase", "weekly")
    Applied.objects.update(next_due_at=at("2026-03-02T05:00"))
    apply(Schedule("every Friday at 07:30", "build", name="weekly"))
    make_due(at("2026-03-02T06:00"))
    assert runs(made) == []


def test_one_that_is_declared_no_more_is_removed(apply: Callable[..., list[str]]) -> None:
    apply(NIGHTLY, WEEKLY)
    assert apply(WEEKLY) == [f"schedule {NIGHTLY_NAME} is removed"]
    assert names() == ["weekly"]


def test_one_that_was_made_by_hand_is_left_alone(apply: Callable[..., list[str]]) -> None:
    schedule("mine")
    assert apply() == []
    assert names() == ["mine"]


def test_one_that_was_made_by_hand_is_not_taken_over(apply: Callable[..., list[str]]) -> None:
    schedule("weekly")
    with pytest.raises(DeclarationError, match="flyball schedules remove purchase weekly"):
        apply(WEEKLY, NIGHTLY)
    assert names() == ["weekly"]


def test_one_that_is_paused_stays_paused(apply: Callable[..., list[str]]) -> None:
    apply(WEEKLY)
    services.pause(schedule=selectors.schedule("purchase", "weekly"))
    apply(Schedule("every Friday at 07:30", "build", name="weekly"))
    changed = selectors.schedule("purchase", "weekly")
    assert (selectors.state(changed), changed.next_due_at) == ("paused", None)


def test_one_that_fails_is_put_right_by_applying_again(apply: Callable[..., list[str]]) -> None:
    apply(WEEKLY)
    Applied.objects.update(fault="The zone was not known here.", next_due_at=None)
    assert [what[:27] for what in apply(WEEKLY)] == ["schedule weekly is changed "]
    put_right = selectors.schedule("purchase", "weekly")
    assert selectors.state(put_right) == "active"
    assert put_right.next_due_at is not None


def test_a_declared_one_is_not_removed_by_hand(apply: Callable[..., list[str]]) -> None:
    apply(WEEKLY)
    with pytest.raises(Conflict, match="Take it out of the declaration"):
        services.remove(schedule=selectors.schedule("purchase", "weekly"))


FAULTS: list[tuple[Schedule, str]] = [
    (Schedule("every day at 03:00", "snapshot", timezone="Europe/Nowhere"), "E031"),
    (Schedule("0 0 30 2 *", "snapshot"), "E030"),
    (Schedule("99 0 * * *", "snapshot"), "E030"),
    (Schedule("every day at 02:00", "knitting"), "E032"),
]


@pytest.mark.parametrize(("wrong", "code"), FAULTS)
def test_what_the_project_cannot_run_is_a_fault_and_nothing_is_applied(
    apply: Callable[..., list[str]], tmp_path: Path, wrong: Schedule, code: str
) -> None:
    declared = small.declare(small.write_csv(tmp_path / "rows.csv"), schedules=[NIGHTLY, wrong])
    assert [message.id for message in check(declared)] == [f"flyball.{code}"]
    assert f"flyball.{code}" in [message.id for message in check_schedules()]
    with pytest.raises(DeclarationError, match=code):
        routing.apply(declarations={"purchase": declared})
    assert names() == []


def test_what_reading_a_declaration_shows_is_told_once(tmp_path: Path) -> None:
    any_schedules: Any = ["every day"]
    assert check(small.declare(tmp_path / "rows.csv", schedules=any_schedules)) == []
