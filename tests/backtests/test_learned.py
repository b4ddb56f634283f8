"""A version that learned from the period is refused, or every result says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flyball.control.backtests.learned import learned
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
from flyball.control.routing.services import remove_version
from flyball.domain.errors import UnknownVersion
from flyball.domain.records import now
from flyball.stores.database import Database
from tests import applied, published
from tests.backtests import world
from tests.backtests.world import DAY, END, START, carried_out, declare, people, record, result, store
from tests.registry import small

pytestmark = pytest.mark.storage


@pytest.fixture
def triage(database: Database) -> Database:
    """``triage@1`` as champion, with predictions of a day in the middle of the period."""
    declare()
    published.publish(database)
    record(database, people(20), at=START + 10 * DAY)
    return database


def refused(version: int) -> str:
    """Why a backtest of the period fails."""
    job = carried_out(world.ask(version)).job
    assert job is not None
    assert (job.status, job.error_code) == ("failed", "learned_from_period")
    assert job.error.endswith("Ask for it although it learned, and every score is too good.")
    return job.error


def test_a_snapshot_from_before_the_first_prediction_has_nothing_of_the_period(triage: Database) -> None:
    store(triage, built=START + 10 * DAY)
    found = result()
    assert (found["has_learned"], found["learned"]) == (False, "")


def test_what_was_not_built_here_may_have_learned_anything(triage: Database) -> None:
    store(triage, built=None)
    assert "nobody knows which rows it learned from" in refused(2)
    found = result(although_learned=True)
    assert found["has_learned"]
    assert "triage@2 was not built here" in found["learned"]


def test_a_later_snapshot_without_its_file_says_nothing(triage: Database) -> None:
    store(triage, built=END)
    assert "whose file is not here: nobody can tell" in refused(2)


@pytest.fixture
def sold(database: Database, tmp_path: Path) -> Version:
    """A version that learned from purchases of the period's first ten days."""
    days = [f"{20 + day},{'yes' if day % 3 else 'no'},{(START + day * DAY).isoformat()}" for day in range(10)]
    path = tmp_path / "sold.csv"
    path.write_text("\n".join(["age,bought,at", *days * 6]) + "\n")
    rows = small.Rows(str(path), time="at")
    declaration = small.declare(path, rows=rows)
    return registry.register(build=applied.build(declaration, applied.take_snapshot(declaration)))


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [
        (START, END, 60),
        (START + 9 * DAY, END, 6),
        (START + 9 * DAY, START + 9 * DAY + timedelta(seconds=1), 6),
        (START + 5 * DAY, START + 9 * DAY, 24),
        (START + 10 * DAY, END, 0),
        (START - DAY, START, 0),
    ],
)
def test_rows_of_the_period_are_counted_in_the_snapshot(
    sold: Version, start: datetime, end: datetime, rows: int
) -> None:
    said = learned(sold, start, end, start)
    assert (f"holds {rows} rows of the period" in said) == bool(rows)
    assert bool(said) == bool(rows)


def test_rows_without_a_time_may_be_of_any_period(database: Database, tmp_path: Path) -> None:
    _, version = small.version(tmp_path)
    moment = now()
    assert learned(version, START, END, moment) == ""  # taken before the first prediction
    assert "holds 60 rows without a time" in learned(version, START, moment, START)


def test_a_removed_version_is_not_asked(triage: Database) -> None:
    store(triage)
    waiting: Any = world.ask()
    remove_version(endpoint="triage", version=2)
    with pytest.raises(UnknownVersion, match="was removed"):
        world.ask(again=True)
    job = carried_out(waiting).job
    assert job is not None
    assert (job.status, job.error_code) == ("failed", "unknown_version")
