"""Which units count for what: once each, when their time is over, where they were assigned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as django

from flyball import Metric
from flyball.control.abtests import analysing, services
from flyball.control.abtests.judging import standing
from flyball.control.abtests.judging.summarising import Added, added
from flyball.control.abtests.models import ABTest, Exposure, Sums
from flyball.control.abtests.strata import history
from flyball.control.routing.models import Outcome, RouteRevision
from flyball.domain.abtests import sums
from flyball.domain.abtests.assignment import identity, slot
from flyball.domain.records import now
from flyball.stores import erasing
from flyball.stores.database import Database
from tests.abtests.running.cast import START, chance, happened, predicted, started, two_versions

pytestmark = pytest.mark.storage
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PEOPLE = [f"person {number}" for number in range(200)]


def units(kept: Added) -> Counter[tuple[int, str]]:
    return Counter({at: document["units"] for at, document in kept.units.items()})


def values(test: ABTest, metric: str, stratum: int = 0) -> dict[str, sums.Sums]:
    """The sums of each arm in a stratum."""
    rows = Sums.objects.filter(test=test, metric=metric, stratum=stratum)
    return {row.arm: sums.of_document(row.document["sums"]) for row in rows}


def test_a_unit_that_comes_often_counts_once(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started()
    predicted(database, PEOPLE, START, MINUTE)
    predicted(database, PEOPLE[:20] * 5, START + DAY, MINUTE)
    analysing.look(test=test, moment=START + 2 * DAY)
    kept = added(test)
    expected = Counter("champion" if slot("purchase 1", each) < 5000 else "2" for each in PEOPLE)
    assert units(kept) == {(0, arm): count for arm, count in expected.items()}
    assert kept.total("", "predictions") == 300
    assert Exposure.objects.get(unit=identity("purchase 1", "person 0")).predictions == 6


def test_what_has_no_time_for_an_outcome_yet_is_neither_right_nor_wrong(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", within=HOUR.total_seconds())
    answered = predicted(database, PEOPLE, START, MINUTE)
    happened(answered[:50], chance({1: 1.0, 2: 1.0}), MINUTE)
    analysing.look(test=test, moment=START + timedelta(minutes=90))
    kept = added(test)
    assert kept.total("", "units") == 89  # a minute's lag
    assert kept.total("outcome", "mature") == 29
    assert kept.total("outcome", "known") == 29


def test_an_outcome_after_its_time_counts_no_more_however_late_one_looks(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", within=HOUR.total_seconds())
    answered = predicted(database, PEOPLE, START, MINUTE)
    happened(answered[:100], chance({1: 1.0, 2: 1.0}), 2 * HOUR)
    happened(answered[100:], chance({1: 1.0, 2: 1.0}), HOUR)
    analysing.look(test=test, moment=START + 9 * DAY)
    assert added(test).total("outcome", "mature") == 200
    assert added(test).total("outcome", "known") == 100


def test_the_last_correction_in_time_counts_and_a_retracted_outcome_does_not(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome")
    answered = predicted(database, PEOPLE[:3], START, MINUTE)
    happened(answered, lambda each: "no", MINUTE)
    happened(answered[:1], lambda each: "yes", 2 * MINUTE)
    happened(answered[1:2], lambda each: "yes", 5 * DAY)
    Outcome.objects.filter(prediction=answered[2].id).update(state=Outcome.State.RETRACTED)
    analysing.look(test=test, moment=START + 9 * DAY)
    found = values(test, "outcome")
    assert sum(each.first for each in found.values()) == 1
    assert sum(each.second for each in found.values()) == 2


def test_a_changed_weight_opens_a_stratum_and_a_moved_unit_counts_no_further(
    tmp_path: Path, database: Database
) -> None:
    two_versions(tmp_path)
    test = started(share=0.2, metric="outcome", within=DAY.total_seconds())
    begun = now()
    first = predicted(database, PEOPLE, begun, timedelta(0))
    services.reweigh(test=test, shares={"2": 0.5}, reason="grows", kind=RouteRevision.Kind.TEST)
    predicted(database, [*PEOPLE, *(f"new {number}" for number in range(100))], now(), timedelta(0))
    happened(first, chance({1: 1.0, 2: 1.0}), MINUTE)
    analysing.look(test=test, moment=begun + 3 * DAY)
    found = history(test)
    assert [each.shares for each in found.strata] == [
        {"champion": 0.8, "2": 0.2},
        {"champion": 0.5, "2": 0.5},
    ]
    slots = {each: slot("purchase 1", each) for each in PEOPLE}
    moved = [each for each, at in slots.items() if found.owner(0, at) != found.owner(1, at)]
    assert moved
    kept = added(test)
    assert sum(count for (stratum, _), count in units(kept).items() if stratum == 0) == 200
    assert sum(count for (stratum, _), count in units(kept).items() if stratum == 1) == 100
    mature = sum(row.document["mature"] for row in Sums.objects.filter(metric="outcome", stratum=0))
    assert mature == 200 - len(moved)
    assert not {name for name in moved if slots[name] >= 8000}


def test_units_whose_time_was_not_over_at_the_end_do_not_count(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", within=DAY.total_seconds())
    predicted(database, PEOPLE, now(), timedelta(0))
    ended = services.stop(test=test)
    analysing.look(test=ended, moment=now() + 3 * DAY)
    assert added(test).total("", "units") == 200
    assert added(test).total("outcome", "mature") == 0


def test_what_a_server_answers_before_it_hears_of_the_end_counts(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started()
    predicted(database, PEOPLE[:100], now(), timedelta(0))
    predicted(database, PEOPLE[100:], now() + MINUTE / 2, timedelta(0))
    ended = services.stop(test=test)
    assert ended.ended_at is not None
    moment = ended.ended_at
    for _ in range(5):
        moment += MINUTE / 2 + timedelta(seconds=1)
        if ended.next_look_at is not None:
            analysing.look(test=ended, moment=moment)
    assert ended.next_look_at is None
    assert added(ended).total("", "units") == 200


def test_an_erased_prediction_lacks_an_outcome(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome")
    answered = predicted(database, PEOPLE[:2], START, MINUTE)
    happened(answered, lambda each: "yes", MINUTE)
    analysing.look(test=test, moment=START + timedelta(minutes=30))
    with closing(database.connect()) as connection:
        erasing.erase(database, connection, answered[0].id, now())
    analysing.look(test=test, moment=START + DAY)
    assert (added(test).total("outcome", "mature"), added(test).total("outcome", "known")) == (2, 1)


def paid(*rows: tuple[str, str, float | None]) -> None:
    """Payments of people."""
    with django.cursor() as cursor:
        cursor.executemany("INSERT INTO paid VALUES (%s, %s, %s, 2)", rows)


QUERY = "SELECT person, CAST(day AS timestamp) AS at, amount, items FROM paid WHERE person LIKE 'person%'"


@pytest.fixture
def revenue(database: Database) -> Iterator[dict[str, Metric]]:
    """Metrics of payments, which are in a table of the project."""
    with django.cursor() as cursor:
        cursor.execute("CREATE TABLE paid (person text, day text, amount double precision, items integer)")
    query = QUERY if django.vendor == "postgresql" else QUERY.replace("CAST(day AS timestamp)", "day")
    given: dict[str, Any] = {"query": query, "on": "person", "within": "7d", "value": "amount"}
    yield {
        "revenue": Metric("revenue", high=50.0, **given),
        "an_item": Metric("an_item", per="items", **given),
        "foretold": Metric("foretold", before="7d", **given),
    }
    with django.cursor() as cursor:
        cursor.execute("DROP TABLE paid")


def test_a_metric_of_the_business_is_summed_per_unit_after_its_first_prediction(
    tmp_path: Path, database: Database, revenue: dict[str, Metric]
) -> None:
    two_versions(tmp_path, metrics=list(revenue.values()))
    test = started(metric="revenue", secondary=["an_item", "foretold"])
    predicted(database, ["person 1", "person 2"], START, timedelta(0))
    predicted(database, ["person 3"], START + DAY, timedelta(0))
    paid(
        ("person 1", "2029-12-31 23:59:59", 5.0),
        ("person 1", "2030-01-01 00:00:00", 7.0),
        ("person 1", "2030-01-07 23:59:59", 13.0),
        ("person 1", "2030-01-08 00:00:00", 100.0),
        ("person 2", "2030-01-02", 1000.0),
        ("person 2", "2030-01-02", None),
        ("somebody else", "2030-01-02", 3.0),
    )
    analysing.look(test=test, moment=START + timedelta(days=7, hours=1))
    total = sum(values(test, "revenue").values(), sums.Sums())
    assert (total.units, float(total.first)) == (2, 20.0 + 50.0)
    an_item = sum(values(test, "an_item").values(), sums.Sums())
    assert (float(an_item.first), float(an_item.second)) == (1020.0, 6.0)
    foretold = sum(values(test, "foretold").values(), sums.Sums())
    assert (float(foretold.first), float(foretold.second)) == (1020.0, 5.0)


def test_a_query_that_fails_is_the_trouble_of_its_test_alone(tmp_path: Path, database: Database) -> None:
    broken = Metric("revenue", query="SELECT * FROM nowhere", on="person", within="1h", value="amount")
    two_versions(tmp_path, metrics=[broken])
    test = started(metric="outcome", secondary=["revenue"])
    predicted(database, PEOPLE[:3], START, MINUTE)
    with pytest.raises(Exception, match="Metric revenue: reading its rows fails"):
        analysing.look(test=test, moment=START + DAY)
    document = standing.standing(ABTest.objects.get())
    assert document["trouble"].startswith("Metric revenue: reading its rows fails")
    assert document["exposed"] == 3


def test_effects_are_told_by_days_since_the_first_prediction(
    tmp_path: Path, database: Database, revenue: dict[str, Metric]
) -> None:
    two_versions(tmp_path, metrics=list(revenue.values()))
    test = started(metric="revenue")
    answered = predicted(database, PEOPLE, START, timedelta(0))
    new = [each.reference for each in answered if each.version == 2]
    paid(*((str(unit), "2030-01-01 12:00:00", 10.0 + place % 3) for place, unit in enumerate(new)))
    paid(*((each, "2030-01-03 12:00:00", 5.0 + place % 2) for place, each in enumerate(PEOPLE)))
    analysing.look(test=test, moment=START + 8 * DAY)
    days = standing.standing(ABTest.objects.get())["days"]
    assert [each["day"] for each in days] == list(range(7))
    assert days[0]["lower"] > 5
    assert days[2]["lower"] < 0 < days[2]["upper"]
    assert (days[4]["estimate"], days[4]["lower"]) == (0.0, None)
