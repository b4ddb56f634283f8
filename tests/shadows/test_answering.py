"""A shadow answers what was predicted since it is one: apart, once each, bounded, whatever fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from uuid_utils.compat import uuid7

from flyball.control.registry import selectors as registry
from flyball.control.routing.models import Prediction as Row
from flyball.control.shadows import answering, resting, services
from flyball.control.shadows.models import Shadow, ShadowAnswer, ShadowHour
from flyball.domain.errors import Conflict, ModelFailed
from flyball.domain.records import first_id, now
from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar
from flyball.stores import erasing, rows
from flyball.stores.database import Database
from tests import published
from tests.shadows.conftest import LATER, Ask, Record, people, to_the_end, told

pytestmark = pytest.mark.storage


class Failing:
    """Fails at the old."""

    direct = True

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        if any(float(row["age"] or 0) > 50 for row in rows):
            raise ModelFailed
        return [{"label": "ill", "probabilities": {"ill": 0.9, "well": 0.1}} for _ in rows]


class Slow:
    """Takes its time over each row."""

    direct = True

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        time.sleep(len(rows) * answering.BUDGET * resting.LEAST)
        return [{"label": "ill", "probabilities": {"ill": 0.9, "well": 0.1}} for _ in rows]


def test_each_prediction_since_is_answered_once_and_compared(
    shadow: Database, record: Record, asking: Ask
) -> None:
    made = record(people())
    to_the_end(asking())
    to_the_end(asking())
    assert set(ShadowAnswer.objects.values_list("prediction", flat=True)) == {each.id for each in made}
    found = told()
    assert (found["asked"], found["answered"], found["waiting"]) == (40, 40, 0)
    (beside,) = found["beside"]
    assert (beside["version"], beside["arm"], beside["answered"]) == (1, "champion", 40)
    outputs = registry.loaded(registry.version("triage", 2)).predict([each.input for each in made])
    same = sum(
        one["label"] == each.output["label"] and published.DECISION.decide(one) == each.decision
        for one, each in zip(outputs, made, strict=True)
    )
    assert beside["agreement"] == same / 40
    assert sum(map(sum, beside["labels"]["counts"])) == 40


def test_what_was_predicted_before_it_became_one_is_not_asked_about(
    triage: Database, record: Record, asking: Ask
) -> None:
    record(people(3))
    services.add_shadow(endpoint="triage", version=2)
    to_the_end(asking())
    assert told()["asked"] == 0


def test_what_is_committed_after_others_with_later_ids_is_answered_too(
    shadow: Database, record: Record, asking: Ask
) -> None:
    late = record(people(1))[0]
    Row.objects.filter(pk=late.id).delete()
    record(people(2))
    to_the_end(asking())
    with closing(shadow.connect()) as connection:
        rows.insert(shadow, connection, [late])
    to_the_end(asking())
    assert ShadowAnswer.objects.filter(prediction=late.id).exists()
    assert told()["answered"] == 3


def test_its_decision_is_the_champions_of_then_at_its_own_threshold(
    triage: Database, record: Record, asking: Ask
) -> None:
    services.add_shadow(endpoint="triage", version=2, threshold=0.0)
    record(people(4), route=2)
    to_the_end(asking())
    assert set(ShadowAnswer.objects.values_list("decision", flat=True)) == {"admit"}


def test_a_field_that_was_not_recorded_is_counted_with_its_name(
    triage: Database, record: Record, asking: Ask
) -> None:
    wide = Schema((*published.SCHEMA.fields, Field(name="visits", kind=Kind.INTEGER, low=0, high=9)))
    published.store(triage, version=3, schema=wide)
    services.add_shadow(endpoint="triage", version=3)
    record([*people(2), {"age": 30.0, "ward": "east", "visits": 2}], route=2)
    to_the_end(asking(3))
    found = told(3)
    reason = "visits: it was not recorded, and the version needs it."
    assert found["not_asked"] == [{"reason": reason, "count": 2}]
    assert found["answered"] == 1


def test_failures_are_counted_by_code_and_the_others_are_answered(
    shadow: Database, record: Record, asking: Ask
) -> None:
    record(people())
    to_the_end(asking(runtime=Failing()))
    found = told()
    assert found["failed"] == [{"code": "model_failed", "count": 9}]
    assert (found["asked"], found["answered"]) == (40, 31)
    assert ShadowHour.objects.get().failed == 9


def test_where_more_waits_than_may_the_oldest_are_dropped_and_counted(
    shadow: Database, record: Record, asking: Ask, settings: Any
) -> None:
    settings.FLYBALL = structs.replace(settings.FLYBALL, shadow_rows=10)
    made = record(people())
    to_the_end(asking())
    answered = set(ShadowAnswer.objects.values_list("prediction", flat=True))
    assert answered == {each.id for each in made[-10:]}
    assert told()["dropped"] == [{"reason": "More than 10 waited.", "count": 30}]


def test_what_has_waited_too_long_is_dropped_and_counted(
    shadow: Database, record: Record, asking: Ask
) -> None:
    record(people(3))
    asked = asking()
    while asked.step(now() + timedelta(hours=2)):
        pass
    assert told()["dropped"] == [{"reason": "They waited longer than 60 minutes.", "count": 3}]
    assert ShadowAnswer.objects.count() == 0


def test_a_row_at_which_the_process_ends_is_passed_over_in_the_end(
    shadow: Database, record: Record, asking: Ask
) -> None:
    made = record(people(5))
    for _ in range(answering.ATTEMPTS):
        asking()  # and nothing more is heard of it
    asked = asking()
    first = ShadowAnswer.objects.get()
    assert (first.prediction, first.code) == (made[0].id, "died")
    to_the_end(asked)
    assert told()["failed"] == [{"code": "died", "count": 1}]
    assert told()["answered"] == 4
    assert Shadow.objects.get().begun == 0


def test_after_such_an_end_rows_are_asked_one_by_one(shadow: Database, record: Record, asking: Ask) -> None:
    made = record(people(5))
    asking()
    asked = asking()
    asked.step(now() + LATER)
    assert [each.prediction for each in ShadowAnswer.objects.all()] == [made[0].id]


def test_of_two_jobs_one_gets_on(shadow: Database, record: Record, asking: Ask) -> None:
    record(people(5))
    lost, other = asking(), asking()
    to_the_end(other)
    with pytest.raises(Conflict):
        lost.step(now() + LATER)
    assert told()["answered"] == 5


def test_an_erased_prediction_has_no_answer_and_gets_none(
    shadow: Database, record: Record, asking: Ask
) -> None:
    first, second = record(people(2))
    to_the_end(asking())
    with closing(shadow.connect()) as connection:
        erasing.erase(shadow, connection, first.id, now())
    assert [each.prediction for each in ShadowAnswer.objects.all()] == [second.id]
    third = record(people(1))[0]
    with closing(shadow.connect()) as connection:
        erasing.erase(shadow, connection, third.id, now())
    to_the_end(asking())
    assert ShadowAnswer.objects.count() == 1


def test_what_is_erased_between_reading_and_writing_is_not_written(
    shadow: Database, record: Record, asking: Ask
) -> None:
    (made,) = record(people(1))

    class Meanwhile(Failing):
        def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
            with closing(shadow.connect()) as connection:
                erasing.erase(shadow, connection, made.id, now())
            return super().predict(rows)

    to_the_end(asking(runtime=Meanwhile()))
    assert not ShadowAnswer.objects.exists()


def test_answers_of_its_own_are_not_asked_again(shadow: Database, record: Record, asking: Ask) -> None:
    record(people(2), version=2, arm=None)
    to_the_end(asking())
    to_the_end(asking())
    assert not ShadowAnswer.objects.exists()
    assert told()["not_asked"] == [{"reason": answering.OWN, "count": 2}]


def test_latencies_of_both_are_those_of_the_same_rows(shadow: Database, record: Record, asking: Ask) -> None:
    record(people())
    to_the_end(asking())
    latency = told()["beside"][0]["latency"]
    assert latency["p50_beside"] == pytest.approx(900e-6, rel=0.06)
    assert latency["p50"] > 0
    assert ShadowAnswer.objects.exclude(latency=None).count() == answering.ALONE


def test_ids_begin_with_their_time() -> None:
    before, made, after = now(), uuid7(), now() + timedelta(milliseconds=1)
    assert first_id(before) <= made < first_id(after) < first_id(before, timedelta(seconds=9))


@pytest.mark.parametrize(
    ("waits", "part"), [(0.0, 1.0), (5.0, 0.8), (24.0, 0.04), (25.0, 1 / 32), (100.0, 1 / 32)]
)
@pytest.mark.parametrize(("computed", "took"), [(1.0, 1.0), (0.2, 1.0), (0.0, 0.5)])
def test_it_rests_until_it_has_taken_its_share_of_the_processors_or_less_where_others_wait(
    settings: Any, pressure: Callable[[float], None], waits: float, part: float, computed: float, took: float
) -> None:
    settings.FLYBALL = structs.replace(settings.FLYBALL, shadow_share=0.1 / resting.processors())
    pressure(waits)
    rest = resting.seconds(computed, took)
    if computed == 0:
        assert rest < 0, "what waits for others needs no rest"
    else:
        assert computed / (took + rest) == pytest.approx(0.1 * part)


def test_one_that_may_take_everything_never_rests(settings: Any, pressure: Callable[[float], None]) -> None:
    settings.FLYBALL = structs.replace(settings.FLYBALL, shadow_share=1.0)
    pressure(90.0)
    assert resting.part() == 1
    assert resting.seconds(1.0, 1.0) <= 0


def test_a_system_that_counts_no_waiting_leaves_it_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "PRESSURE", Path("/nowhere"))
    assert resting.part() == 1


def test_in_a_crowd_a_step_is_a_row(
    shadow: Database, record: Record, asking: Ask, pressure: Callable[[float], None]
) -> None:
    record(people())
    pressure(90.0)
    asked = asking(runtime=Slow())
    asked.step(now() + LATER)
    assert ShadowAnswer.objects.count() == 1
    pressure(0.0)
    to_the_end(asked)
    assert ShadowAnswer.objects.count() == 40


def test_a_job_goes_on_after_a_rest_that_is_longer_than_it_would_wait_for_more(
    shadow: Database, record: Record, asking: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"LAG": timedelta(seconds=-1), "IDLE": 0.1, "POLL": 0.01, "PAUSE": 0.01}.items():
        monkeypatch.setattr(answering, name, value)
    monkeypatch.setattr(resting, "seconds", lambda computed, took: 0.2)
    record(people(3))
    asked = asking()  # it has begun twice, and so asks one by one
    asked.go_on()
    assert ShadowAnswer.objects.count() == 3
