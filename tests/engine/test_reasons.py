"""Why predictions are what they are: by the version that answered, told to who may know."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.db import connection

from flyball.control.registry.models import Version
from flyball.domain.access import Principal
from flyball.domain.errors import Erased, ModelFailed, NoReasons, UnknownVersion
from flyball.domain.reasons.told import Reasons
from flyball.domain.records import Prediction, now
from flyball.domain.routing import Lookup
from flyball.domain.schema import Kind, Schema
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row
from flyball.serving.http.answers import moved
from flyball.serving.http.door import Door, Request, Response
from flyball.serving.loader import Loader
from flyball.serving.readers import Readers
from flyball.serving.telling.explaining import UNCHANGEABLE, UNTURNED, Explaining, Wanted
from flyball.stores import erasing
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage


def predict(plane: DataPlane, principal: Principal = OWNER, **call: Any) -> Prediction:
    rows = call.pop("rows", (Row(input=published.ROW),))
    made = Call(endpoint="triage", rows=rows, **call)
    return asyncio.run(plane.engine.predict(principal, made))[0]


def reasons(plane: DataPlane, stored: Prediction, counterfactuals: int = 0) -> Reasons:
    return asyncio.run(plane.engine.reasons(OWNER, stored.id, Wanted(10, counterfactuals)))[1]


def total(found: Reasons) -> float:
    return found.base + sum(each.part for each in found.parts) + found.rest


def change(database: Database, sql: str, *values: Any) -> None:
    with closing(database.connect()) as connection:
        connection.execute(database.sql(sql), values)


def test_an_answer_comes_with_the_fields_that_moved_it_and_they_add_up(
    plane: DataPlane, database: Database
) -> None:
    published.publish(database)
    plane.refresher.refresh()
    commits = plane.recorder.commits
    answer = predict(plane, reasons=1)
    assert answer.reasons is not None
    assert answer.warnings == ()
    assert (answer.reasons.method, answer.reasons.unit, answer.reasons.of) == ("linear", "log-odds", "ill")
    (first,) = answer.reasons.parts
    assert (first.field, first.value) == ("age", 80.0)
    assert first.part > 0
    assert total(answer.reasons) == pytest.approx(answer.reasons.answer)
    log_odds = 1 / (1 + np.exp(-answer.reasons.answer))
    assert log_odds == pytest.approx(answer.output["probabilities"]["ill"])
    assert plane.recorder.commits == commits + 1


def test_a_stored_prediction_is_explained_by_the_version_that_answered(
    plane: DataPlane, database: Database
) -> None:
    published.publish(database)
    plane.refresher.refresh()
    answer = predict(plane, reasons=2)
    published.publish(database, version=2)  # another model, and the first is not routed any more
    plane.refresher.refresh()
    commits = plane.recorder.commits
    assert reasons(plane, answer) == answer.reasons
    assert reasons(plane, predict(plane)) != answer.reasons
    assert plane.recorder.commits == commits + 1
    assert asyncio.run(plane.engine.prediction(OWNER, answer.id)).reasons is None


def test_many_rows_are_each_explained(plane: DataPlane, database: Database) -> None:
    published.publish(database)
    plane.refresher.refresh()
    rows = tuple(Row(input={"age": age, "ward": "east"}) for age in (5.0, 95.0))
    call = Call(endpoint="triage", rows=rows, reasons=1)
    young, old = asyncio.run(plane.engine.predict(OWNER, call))
    assert young.reasons is not None
    assert old.reasons is not None
    assert (young.reasons.of, old.reasons.of) == ("well", "ill")
    assert all(found.parts[0].part > 0 for found in (young.reasons, old.reasons))


def test_a_repeat_gets_the_stored_answer_and_its_reasons(plane: DataPlane, database: Database) -> None:
    published.publish(database)
    plane.refresher.refresh()
    first, again = (predict(plane, idempotency_key="k", reasons=2) for _ in range(2))
    assert (again.id, again.reasons) == (first.id, first.reasons)
    assert first.reasons is not None


def test_a_version_that_keeps_none_answers_and_says_so(plane: DataPlane, database: Database) -> None:
    published.publish(database, compiled=False)  # of one that was built before, the pipeline alone
    plane.refresher.refresh()
    answer = predict(plane, reasons=3)
    assert answer.reasons is None
    assert [(each.pointer, each.code) for each in answer.warnings] == [("?reasons", "no_reasons")]
    with pytest.raises(NoReasons):
        reasons(plane, answer)
    assert asyncio.run(plane.engine.prediction(OWNER, answer.id)).warnings == ()


def test_where_too_many_are_explained_at_once_the_answer_stands_and_says_so(
    plane: DataPlane, database: Database
) -> None:
    published.publish(database)
    plane.refresher.refresh()
    stored = predict(plane)
    readers = Readers(database)
    full = Explaining(plane.engine.pool, readers, Loader(readers), most=0)
    (told,) = asyncio.run(full.explained(OWNER, [stored], Wanted(1)))
    assert (told.output, told.reasons) == (stored.output, None)
    assert [each.code for each in told.warnings] == ["overloaded"]
    full.close()
    readers.close()


def test_what_is_erased_or_of_a_removed_version_has_none(plane: DataPlane, database: Database) -> None:
    published.publish(database)
    plane.refresher.refresh()
    erased, removed = predict(plane), predict(plane)
    with closing(database.connect()) as connection:
        erasing.erase(database, connection, erased.id, now())
    with pytest.raises(Erased):
        reasons(plane, erased)
    published.publish(database, version=2)
    plane.refresher.refresh()
    change(database, "UPDATE flyball_version SET removed_at = ? WHERE number = 1", database.moment_in(now()))
    with pytest.raises(UnknownVersion):
        reasons(plane, removed)


def test_reasons_that_do_not_add_up_to_what_is_stored_are_not_told(
    plane: DataPlane, database: Database
) -> None:
    published.publish(database)
    plane.refresher.refresh()
    answer = predict(plane)
    false = json.dumps({"label": "ill", "probabilities": {"ill": 0.51, "well": 0.49}})
    change(database, "UPDATE flyball_prediction SET output = ?", false)
    with pytest.raises(ModelFailed, match="do not add up"):
        reasons(plane, answer)


def test_other_bytes_than_the_version_names_explain_nothing(plane: DataPlane, database: Database) -> None:
    published.publish(database)
    version = Version.objects.get()
    manifest = version.manifest
    pipeline = next(each for each in manifest["artifacts"] if each["role"] == "pipeline")
    own = next(each for each in manifest["artifacts"] if each["role"] == "reasons")
    own["digest"] = pipeline["digest"]
    version.save()
    plane.refresher.refresh()
    answer = predict(plane, reasons=3)
    assert [each.code for each in answer.warnings] == ["artifact_corrupt"]


@pytest.fixture
def person(database: Database) -> Iterator[Lookup]:
    """A feature table of one person, whose age is looked up."""
    mark = "%s" if database.is_postgres else "?"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE person (id integer PRIMARY KEY, age integer)")
        cursor.execute("INSERT INTO person VALUES (1, 80)")
    sql = f"SELECT age FROM person WHERE id = {mark}"
    yield Lookup(
        table="person", on="person_id", key_kind=Kind.INTEGER, sql=sql, columns=(("age", Kind.NUMBER),)
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE person")


def test_a_caller_is_not_told_the_values_that_were_looked_up(
    plane: DataPlane, database: Database, person: Lookup
) -> None:
    schema = Schema((replace(published.AGE, source="person"), published.WARD))
    published.publish(database, schema=schema, lookups=[person])
    plane.refresher.refresh()
    rows = (Row(entity={"person_id": 1}, input={"ward": "east"}),)
    for role, told in (("caller", [None, "east"]), ("member", [80.0, "east"])):
        answer = predict(plane, Principal(team="hospital", role=role), rows=rows, reasons=2)
        assert answer.reasons is not None
        assert [(each.field, each.value) for each in answer.reasons.parts] == [
            *zip(("age", "ward"), told, strict=True)
        ]
        assert ("value" in moved(answer.reasons)["parts"][0]) == (role == "member")


def test_the_answer_for_an_entity_has_reasons_when_it_is_made_and_when_it_is_given_again(
    plane: DataPlane, database: Database, person: Lookup
) -> None:
    sql = person.sql.replace("SELECT age", "SELECT age, 'east'")
    both = replace(person, sql=sql, columns=(*person.columns, ("ward", Kind.CATEGORY)))
    schema = Schema(tuple(replace(each, source="person") for each in (published.AGE, published.WARD)))
    published.publish(database, schema=schema, lookups=[both])
    plane.refresher.refresh()

    def asked(role: str, *wanted: int) -> Prediction:
        caller = Principal(team="hospital", role=role)
        return asyncio.run(plane.engine.predict_entity(caller, "triage", "1", Wanted(*wanted)))

    made, again, plain = asked("caller", 2), asked("member", 2, 1), asked("caller", 0)
    assert made.id == again.id == plain.id
    assert plain.reasons is None
    assert made.reasons is not None
    assert again.reasons is not None
    assert total(again.reasons) == pytest.approx(again.reasons.answer)
    assert [each.is_told for each in made.reasons.parts] == [False, False]
    assert {each.value for each in again.reasons.parts} == {80.0, "east"}
    assert (made.reasons.counterfactuals, again.reasons.counterfactuals is None) == (None, False)


def test_the_door_explains_to_viewers_of_the_team_and_refuses_what_is_no_number(
    plane: DataPlane, database: Database
) -> None:
    published.publish(database)
    plane.refresher.refresh()
    stored = predict(plane)
    door = Door(plane.engine, plane.config)
    keys = {role: published.key(role=role) for role in ("viewer", "caller")}
    keys["stranger"] = published.key(team="harbour")
    plane.refresher.refresh()

    def ask(who: str, query: str = "") -> Response:
        head = {"authorization": f"Bearer {keys[who]}"}
        path = f"/v1/predictions/{stored.id}/reasons"
        return asyncio.run(door.handle(Request(method="GET", path=path, query=query, headers=head)))

    told = json.loads(ask("viewer", "reasons=1").body)
    assert [each["field"] for each in told["parts"]] == ["age"]
    assert (told["endpoint"], told["version"], told["id"]) == ("triage", 1, str(stored.id))
    assert [ask(who).status for who in keys] == [200, 403, 404]
    assert [ask("viewer", f"reasons={each}").status for each in ("0", "-1", "x", "10001")] == [422] * 4


def test_more_rows_than_are_explained_at_once_are_refused_before_anything_is_recorded(
    plane: DataPlane, database: Database
) -> None:
    published.publish(database)
    key = published.key(role="caller")
    plane.refresher.refresh()
    body = json.dumps({"rows": [{"input": published.ROW}] * 101}).encode()
    head = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    path = "/v1/endpoints/triage/predictions"
    request = Request(method="POST", path=path, query="reasons=1", headers=head, body=body)
    refused = asyncio.run(Door(plane.engine, plane.config).handle(request))
    assert (refused.status, json.loads(refused.body)["errors"][0]["pointer"]) == (422, "?reasons")
    assert plane.recorder.commits == 0


def test_the_smallest_change_that_turns_the_decision_is_told(plane: DataPlane, database: Database) -> None:
    published.publish(database, changeable=("age", "ward"))
    plane.refresher.refresh()
    stored = predict(plane)
    assert stored.decision == "admit"
    turned = reasons(plane, stored, 2).counterfactuals
    assert turned is not None
    assert (turned.decision, turned.none) == ("admit", "")
    (first,) = turned.found
    (change,) = first.changes
    assert (change.field, change.value, first.decision) == ("age", 80.0, "send home")
    assert isinstance(change.to, float)
    # It is the nearest: what it says turns the decision, and a little less does not.
    for age, decision in ((change.to, "send home"), (change.to + 0.2, "admit")):
        asked = predict(plane, rows=(Row(input={**published.ROW, "age": age}),))
        assert asked.decision == decision
    assert first.output["probabilities"]["ill"] < 0.5


def test_without_a_decision_it_is_the_label_that_turns(plane: DataPlane, database: Database) -> None:
    published.publish(database, changeable=("age",), decision=None)
    plane.refresher.refresh()
    turned = reasons(plane, predict(plane), 1).counterfactuals
    assert turned is not None
    assert (turned.decision, [each.decision for each in turned.found]) == ("ill", ["well"])


def test_what_nothing_turns_or_nobody_may_change_is_said(plane: DataPlane, database: Database) -> None:
    published.publish(database, changeable=("ward",))  # that alone decides nothing
    plane.refresher.refresh()
    turned = reasons(plane, predict(plane), 1).counterfactuals
    assert turned is not None
    assert (turned.found, turned.none) == ((), UNTURNED)
    published.publish(database, version=2)
    plane.refresher.refresh()
    turned = reasons(plane, predict(plane), 1).counterfactuals
    assert turned is not None
    assert (turned.found, turned.none) == ((), UNCHANGEABLE)
