"""The effect of a promotion on the last predictions, by hostile truths; and what changes for callers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from flyball import Classification, Outcome, Rows, Threshold
from flyball.control.jobs import performing, running
from flyball.control.jobs.models import Job
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Artifact, Version
from flyball.control.routing import selectors, services
from flyball.control.routing.foreseeing import answers, asking, changes, effect
from flyball.control.routing.foreseeing.following import after_promotion
from flyball.control.routing.foreseeing.tally import Tally
from flyball.domain.errors import Conflict, DeclarationError, FlyballError
from flyball.domain.records import Prediction, now
from flyball.domain.schema import Field, Kind, Schema
from flyball.stores import erasing, rows
from flyball.stores.database import Database
from tests import published

pytestmark = pytest.mark.storage
AGE, WARD = published.AGE, published.WARD
VISITS = Field(name="visits", kind=Kind.INTEGER, low=0, high=9)


class Triage(Classification):
    """Published by ``tests.published``: only its thresholds and its name matter."""

    abstract = True
    rows = Rows("triage.csv")
    outcome = Outcome("state", positive="ill")


@pytest.fixture
def triage(database: Database) -> Database:
    """``triage@1`` as champion, which decides; declared with the same threshold."""
    declare(decide=Threshold(0.5, at_or_above="admit", below="send home"))
    published.publish(database)
    return database


def declare(**attributes: Any) -> None:
    """The endpoint ``triage``."""
    type("Declared", (Triage,), {"name": "triage", "team": "hospital", "__module__": __name__, **attributes})


def store(database: Database, number: int = 2, **more: Any) -> Version:
    """A further version, which no route names."""
    published.store(database, version=number, **more)
    return registry.version("triage", number)


def record(database: Database, inputs: Sequence[dict[str, Any]], **more: Any) -> list[Prediction]:
    """Predictions as the champion answered them."""
    runtime = registry.loaded(registry.version("triage", 1))
    known = [{"age": each.get("age", 50.0), "ward": each.get("ward", "east")} for each in inputs]
    made = [
        Prediction(
            id=uuid7(),
            **{
                "endpoint": "triage",
                "version": 1,
                "arm": "champion",
                "route": 1,
                "input": values,
                "output": output,
                "decision": published.DECISION.decide(output),
                "created_at": now(),
                **more,
            },
        )
        for values, output in zip(inputs, runtime.predict(known), strict=True)
    ]
    connection = database.connect()
    rows.insert(database, connection, made)
    connection.close()
    return made


def people(number: int = 40) -> list[dict[str, Any]]:
    """Inputs of every age."""
    return [{"age": 20.0 + place, "ward": ("east", "west")[place % 2]} for place in range(number)]


def test_the_same_model_changes_nothing_and_another_is_counted_exactly(triage: Database) -> None:
    made = record(triage, people())
    same = effect.effect(registry.version("triage", 1))
    assert (same["looked_at"], same["asked"], same["differing"]) == (40, 40, 0)
    assert same["decisions"] == same["labels"] == same["examples"] == same["not_asked"] == []
    other = store(triage, labels=("well", "ill"))
    runtime = registry.loaded(other)
    expected = [each for each in made if runtime.predict([each.input])[0]["label"] != each.output["label"]]
    found = effect.effect(other)
    assert sum(each["count"] for each in found["labels"]) == len(expected) > 0
    assert found["examples"][0] == str(expected[-1].id)  # the newest
    assert found["champion"] == 1


def test_only_decisions_change_where_the_threshold_does(triage: Database) -> None:
    made = record(triage, people(), decision="admit")
    found = effect.effect(registry.version("triage", 1))
    below = sum(each.output["probabilities"]["ill"] < 0.5 for each in made)
    assert found["decisions"] == [{"before": "admit", "after": "send home", "count": below}]
    assert found["labels"] == []
    assert found["differing"] == below > 0


def test_a_version_of_other_classes_is_refused_as_a_promotion_would_be(triage: Database) -> None:
    record(triage, people(3))
    other = store(triage, labels=("sick", "fine"))
    with pytest.raises(DeclarationError, match="is not a class of version 2"):
        effect.effect(other)


def test_a_version_of_other_classes_differs_everywhere_where_nothing_is_decided(database: Database) -> None:
    declare()
    published.publish(database, decision=None)
    record(database, people(), decision=None)
    found = effect.effect(store(database, labels=("sick", "fine")))
    assert found["differing"] == 40
    assert {each["after"] for each in found["labels"]} == {"sick", "fine"}
    assert found["decisions"] == []


def test_what_was_not_recorded_is_said_by_field(triage: Database) -> None:
    """A renamed field, and predictions of an older version with fewer fields."""
    record(triage, people(5))
    record(triage, [{**each, "visits": 3} for each in people(7)])
    other = store(triage, schema=Schema((AGE, WARD, VISITS)))
    found = effect.effect(other)
    reason = "visits: it was not recorded, and the version needs it."
    assert found["not_asked"] == [{"reason": reason, "count": 5}]
    assert (found["looked_at"], found["asked"]) == (12, 7)


def test_an_optional_field_that_was_not_recorded_is_asked_without_and_said(triage: Database) -> None:
    record(triage, people(5))
    optional = Schema((AGE, WARD, replace(VISITS, nullable=True)))
    found = effect.effect(store(triage, schema=optional))
    assert found["without"] == [{"field": "visits", "count": 5}]
    assert found["asked"] == 5
    looked_up = Schema((AGE, WARD, replace(VISITS, nullable=True, source="stays")))
    manifest = replace(registry.manifest(registry.version("triage", 2)), schema=looked_up)
    asked = answers.Asking(manifest, cast(Any, None), None)  # no row gets as far as the model
    asked.ask(record(triage, people(1)))
    assert asked.tally.asked == 0


def test_a_value_that_the_version_refuses_is_counted_and_one_it_has_not_seen_is_asked(
    triage: Database,
) -> None:
    record(triage, [{"age": 50.0, "ward": "north"}, {"age": 50.0, "ward": "east"}])
    narrow = Schema((AGE, replace(WARD, unseen="refuse")))
    assert effect.effect(store(triage, 2))["asked"] == 2
    found = effect.effect(store(triage, 3, schema=narrow))
    assert found["not_asked"] == [{"reason": "ward: The model has not seen this category.", "count": 1}]


def test_what_has_been_erased_is_left_out_also_as_an_example(triage: Database) -> None:
    record(triage, people(), decision="admit")
    version = registry.version("triage", 1)
    job = asking.ask_effect(version=version)[0]
    assert asking.ask_effect(version=version) == (job, False)
    perform(job)
    named = job.result["examples"]
    assert len(named) == 5
    connection = triage.connect()
    assert erasing.erase(triage, connection, UUID(named[0]), now())
    connection.close()
    assert asking.effect_document(job)["result"]["examples"] == named[1:]
    found = effect.effect(version)
    assert (found["looked_at"], found["asked"], found["erased"]) == (40, 39, 1)


def test_without_predictions_there_is_nothing_to_compare(triage: Database) -> None:
    found = effect.effect(store(triage))
    assert found["looked_at"] == found["differing"] == 0
    assert found["from"] is None


def test_at_most_a_thousand_are_looked_at_and_none_of_another_endpoint(
    triage: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effect, "PREDICTIONS", 30)
    monkeypatch.setattr(effect, "PAGE", 7)
    record(triage, people(20))
    record(triage, people(25), endpoint="elsewhere")
    made = record(triage, people(25), decision="admit")
    found = effect.effect(registry.version("triage", 1))
    assert found["looked_at"] == 30
    changed = [each for each in made if each.output["probabilities"]["ill"] < 0.5]
    assert found["differing"] == len(changed)
    monkeypatch.setattr(effect, "PREDICTIONS", 1000)
    assert effect.effect(registry.version("triage", 1))["looked_at"] == 45


def test_a_version_that_does_not_load_fails_its_job_in_words(triage: Database) -> None:
    record(triage, people(3))
    other = store(triage)
    Artifact.objects.filter(digest=registry.manifest(other).answering.digest).delete()
    with pytest.raises(FlyballError):
        effect.effect(other)
    job = asking.ask_effect(version=other)[0]
    perform(job)
    assert job.status == "failed"
    assert job.error


def test_a_rollback_is_compared_with_the_route_it_brings_back(triage: Database) -> None:
    record(triage, people(3))
    first, second = registry.version("triage", 1), store(triage, labels=("well", "ill"))
    services.promote(endpoint="triage", version=2, yes=True)
    with pytest.raises(Conflict, match="would not bring back"):
        effect.effect(second, rollback=True)
    found = effect.effect(first, rollback=True)
    assert (found["champion"], found["version"], found["differing"]) == (2, 1, 0)
    assert found["revision"] == 2


def test_numbers_have_a_distribution(triage: Database) -> None:
    tally = Tally()
    for place in range(100):
        stored = Prediction(
            id=uuid7(),
            endpoint="pay",
            version=1,
            arm=None,
            route=1,
            input={},
            output={"value": 0},
            created_at=now(),
        )
        tally.add(stored, {"value": -float(place) if place else 1e-9}, None)
    found = tally.document()
    assert found["differences"] == {"median": 49.0, "p95": 94.0, "largest": 99.0}
    assert found["differing"] == 99


def test_fields_that_come_go_and_change_are_named(triage: Database, tmp_path: Path) -> None:
    wider = replace(AGE, high=130)
    following = after_promotion(store(triage, schema=Schema((wider, VISITS))))
    found = {each.name: each for each in changes.field_changes(following)}
    assert {name: each.change for name, each in found.items()} == {
        "age": "changed",
        "ward": "gone",
        "visits": "added",
    }
    assert found["visits"].effect == "callers must send it"
    assert found["ward"].effect == "left out with a warning where callers send it"
    assert found["age"].before == "number · 0 – 120"
    assert (
        changes.decisions(following)[0]
        == "admit where the probability of ill is at least 0.5, else send home"
    )
    route = selectors.route("triage")
    assert route is not None
    assert route.number == 1  # looking publishes nothing


def perform(job: Job) -> None:
    """Carry a job out here."""
    run = running.claim(job.pk)
    assert run is not None
    performing.perform(run)
    job.refresh_from_db()
