"""What was counted is what a recount from the stored rows gives, whenever it is asked for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flyball import Metric
from flyball.control.abtests import analysing, services
from flyball.control.abtests.asking import Guard
from flyball.control.abtests.judging.standing import standing
from flyball.control.abtests.models import ABTest
from flyball.control.routing.models import Minute, RouteRevision
from flyball.stores.database import Database
from flyball.stores.minutes import minute_of
from tests.abtests.running.cast import START, happened, predicted, started, two_versions

pytestmark = pytest.mark.storage
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = [f"person {number}" for number in range(50)]


def values(test: ABTest, metric: str) -> dict[str, Any]:
    """The own value of each arm."""
    (found,) = (each for each in standing(test)["metrics"] if each["name"] == metric)
    return {each["arm"]: (each["value"], each["units"]) for each in found["values"]}


def test_a_prediction_whose_time_is_not_over_with_its_unit_s_does_not_count(
    tmp_path: Path, database: Database
) -> None:
    nothing = "SELECT NULL AS person, NULL AS at WHERE 1 = 0"
    two_versions(tmp_path, metrics=[Metric("complaints", query=nothing, on="person", within="30d")])
    test = started(metric="outcome", guardrails=[Guard("complaints", 1.0)], within=7 * 86_400.0)
    happened(predicted(database, PEOPLE, START, timedelta(0)), lambda each: "no", HOUR)
    # On the fifth day they come again: an outcome of that may come until the twelfth, the unit counts before.
    happened(predicted(database, PEOPLE, START + 5 * DAY, timedelta(0)), lambda each: "yes", HOUR)
    analysing.look(test=test, moment=START + 7 * DAY + HOUR)
    counted = values(test, "outcome")
    assert {value for value, _ in counted.values()} == {0.0}
    analysing.forget(test=test)
    analysing.look(test=test, moment=START + 20 * DAY)
    assert values(test, "outcome") == counted


def test_a_recount_keeps_the_errors_of_times_that_are_long_over(tmp_path: Path, database: Database) -> None:
    two_versions(tmp_path)
    test = started(metric="outcome", guardrails=[Guard("errors")])
    for version, arm, answers, failures in ((1, "champion", 5000, 3), (2, "challenger", 500, 5)):
        of = {"endpoint": "purchase", "version": version, "arm": arm, "minute": minute_of(test.created_at)}
        Minute.objects.create(**of, name="answers", label="", count=answers)
        Minute.objects.create(**of, name="failed", label="model_failed", count=failures)
    ended = services.stop(test=test)
    last = RouteRevision.objects.filter(endpoint_id="purchase").order_by("-number")[0]
    assert last.number == ended.ended_by
    RouteRevision.objects.filter(pk=last.pk).update(created_at=test.created_at + HOUR)
    analysing.look(test=test, moment=test.created_at + 2 * HOUR)
    counted = values(test, "errors")
    assert counted == {"champion": (3 / 5003, 5003), "2": (5 / 505, 505)}
    analysing.forget(test=test)
    analysing.look(test=test, moment=test.created_at + 9 * DAY)
    assert values(test, "errors") == counted
