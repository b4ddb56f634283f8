"""An arm's own value of a metric is what its rows say; one too large for sums is a trouble."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection as django

from flyball import Metric
from flyball.cli.main import main
from flyball.control.abtests import analysing, services
from flyball.control.abtests.judging.standing import band, standing
from flyball.control.abtests.models import ABTest
from flyball.control.routing.models import RouteRevision
from flyball.domain.errors import DataError
from flyball.stores.database import Database
from tests.abtests.running.cast import START, happened, predicted, started, two_versions

pytestmark = pytest.mark.storage
DAY = timedelta(days=1)
PEOPLE = [f"person {number}" for number in range(40)]
QUERY = "SELECT person, day AS at, amount, items FROM paid"


@pytest.fixture
def given(database: Database) -> Iterator[dict[str, Any]]:
    """What metrics of payments have in common."""
    with django.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE paid (person text, day timestamp, amount double precision, items double precision)"
        )
    yield {"query": QUERY, "on": "person", "within": "1d", "value": "amount"}
    with django.cursor() as cursor:
        cursor.execute("DROP TABLE paid")


def paid(person: str, day: str, amount: float, items: float = 1.0) -> None:
    """A payment."""
    with django.cursor() as cursor:
        cursor.execute("INSERT INTO paid VALUES (%s, %s, %s, %s)", [person, day, amount, items])


def values(test: ABTest, metric: str) -> dict[str, Any]:
    """The own value of each arm."""
    (found,) = (each for each in standing(test)["metrics"] if each["name"] == metric)
    return {each["arm"]: each["value"] for each in found["values"]}


def test_a_value_is_not_less_for_what_was_foretold(
    tmp_path: Path, database: Database, given: dict[str, Any]
) -> None:
    two_versions(tmp_path, metrics=[Metric("foretold", before="7d", **given)])
    test = started(metric="foretold")
    answered = predicted(database, PEOPLE, START, timedelta(0))
    arms = {each.reference: "champion" if each.version == 1 else "2" for each in answered}
    amounts: dict[str, list[float]] = {"champion": [], "2": []}
    for place, person in enumerate(PEOPLE):
        paid(person, "2029-12-30 00:00:00", 20.0 + place)
        paid(person, "2030-01-01 01:00:00", 5.0 + place)
        amounts[arms[person]].append(5.0 + place)
    analysing.look(test=test, moment=START + 2 * DAY)
    means = {arm: sum(every) / len(every) for arm, every in amounts.items()}
    assert values(test, "foretold") == pytest.approx(means)


def test_a_ratio_s_value_is_one_sum_over_the_other_whatever_the_weights_were(
    tmp_path: Path, database: Database, given: dict[str, Any]
) -> None:
    two_versions(tmp_path, metrics=[Metric("an_item", per="items", **given)])
    test = started(metric="an_item")
    first = predicted(database, PEOPLE, START, timedelta(0))
    services.reweigh(test=test, shares={"2": 0.6})
    newest = RouteRevision.objects.filter(endpoint_id="purchase").order_by("-number")[0]
    RouteRevision.objects.filter(pk=newest.pk).update(created_at=START + 2 * DAY)
    second = predicted(database, [f"new {each}" for each in PEOPLE], START + 2 * DAY, timedelta(0))
    totals = {"champion": [0.0, 0.0], "2": [0.0, 0.0]}
    for each, day, amount, items in (
        *((each, "2030-01-01 01:00:00", 10.0, 1.0) for each in first),
        *((each, "2030-01-03 01:00:00", 10.0, 9.0) for each in second),
    ):
        paid(str(each.reference), day, amount, items)
        total = totals["champion" if each.version == 1 else "2"]
        total[0] += amount
        total[1] += items
    analysing.look(test=test, moment=START + 5 * DAY)
    assert values(test, "an_item") == pytest.approx({arm: one / per for arm, (one, per) in totals.items()})


@pytest.mark.parametrize("amount", [1e308, -1e200, 1e101])
def test_an_amount_that_no_sum_holds_is_the_trouble_of_its_test(
    tmp_path: Path, database: Database, given: dict[str, Any], amount: float
) -> None:
    two_versions(tmp_path, metrics=[Metric("revenue", **given)])
    test = started(metric="revenue")
    predicted(database, PEOPLE, START, timedelta(0))
    for _ in range(2):
        paid(PEOPLE[0], "2030-01-01 01:00:00", amount)
    with pytest.raises(DataError, match="Metric revenue: the value of a unit is too large"):
        analysing.look(test=test, moment=START + 2 * DAY)
    assert standing(ABTest.objects.get())["trouble"].startswith("Metric revenue: the value of a unit is too")


def test_which_side_is_ahead_is_told_before_there_are_bounds(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome")
    answered = predicted(database, [f"person {each}" for each in range(1500)], START, timedelta(0))
    rare = {each.id for each in [each for each in answered if each.version == 2][:24]}
    happened(answered, lambda each: "yes" if each.id in rare else "no", timedelta(minutes=1))
    analysing.look(test=test, moment=START + DAY)
    document = standing(ABTest.objects.get())
    (reading,) = document["metrics"][0]["readings"]
    assert (reading["lower"], reading["upper"], reading["ahead"]) == (None, None, 1)
    assert band(ABTest.objects.get(), "2", "outcome")[0]["ahead"] == 1
    status = CliRunner().invoke(main, ["abtest", "status", "purchase"])
    table = status.output.partition("Version 2 is better")[0]
    assert table.count("above 0") == 2  # beside the metric, and in the verdict
