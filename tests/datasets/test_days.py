"""An outcome whose time is a date is known once that day is over, whatever kind of source the date is in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball import Outcome, Regression, Rows
from tests.datasets.test_extremes import SOURCES, Taken, rows_of
from tests.datasets.test_pulling import pulled

pytestmark = [pytest.mark.storage, pytest.mark.django_db]

MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
EVENING = datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)
MEASURES: dict[str, list[Any]] = {
    "at": [MORNING, MORNING + DAY],
    "day": [date(2026, 3, 1), date(2026, 3, 2)],
    "target": [1.5, 2.5],
    "value": [1.0, 2.0],
}


def dated(rows_: Rows, time: str = "day") -> Any:
    """A regression on rows whose outcomes have that time."""
    body = {"rows": rows_, "outcome": Outcome("target", time=time), "__module__": __name__}
    return type("Dated", (Regression,), body)


@pytest.mark.parametrize("source", SOURCES)
def test_an_outcome_of_a_day_is_learned_from_when_the_day_is_over(
    source: str, project: Path, taken: Taken
) -> None:
    declaration = dated(rows_of(source, project, MEASURES, time="at"))
    assert [row["_known_at"] for row in taken(declaration)] == [EVENING, EVENING + DAY]
    assert len(taken(declaration, as_of=EVENING + timedelta(hours=12))) == 1


@pytest.mark.parametrize("source", SOURCES)
def test_what_was_asked_on_the_day_of_the_outcome_was_asked_before_it(source: str, project: Path) -> None:
    found = pulled(dated(rows_of(source, project, MEASURES, time="at")))
    assert [row.known_at for row in found] == [EVENING, EVENING + DAY]


@pytest.mark.parametrize("source", SOURCES)
def test_an_outcome_of_a_moment_is_known_from_that_moment_though_it_is_midnight(
    source: str, project: Path, taken: Taken
) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    columns = MEASURES | {"at": [MORNING, midnight]}
    declaration = dated(rows_of(source, project, columns, time="at"), time="at")
    assert [row["_known_at"] for row in taken(declaration)] == [MORNING, midnight]


def test_of_texts_each_is_a_day_or_a_moment_by_itself(project: Path, taken: Taken) -> None:
    told = ["2026-03-01", "2026-03-02T10:00:00Z"]
    pq.write_table(pa.table(MEASURES | {"day": told}), project / "texts.parquet")
    found = taken(dated(Rows("texts.parquet", time="at")))
    assert [row["_known_at"] for row in found] == [EVENING, datetime(2026, 3, 2, 10, tzinfo=UTC)]
