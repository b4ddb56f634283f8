"""An A/B test in force: each unit is answered by its arm, on every replica, row by row."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from flyball.domain.abtests.assignment import SLOTS, allocation, slot
from flyball.domain.errors import InvalidInput
from flyball.domain.records import Prediction
from flyball.domain.routing import ABTest, Arm, Decision, Lookup, unit_text
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row, SentOutcome
from flyball.stores.database import Database
from flyball.stores.outcomes import Counts
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage
HALF = ABTest(number=5, salt="beds", runs=((0, SLOTS // 2), (1, SLOTS // 2)))
UNITS = [f"patient {number}" for number in range(40)]
LATER = Decision(threshold=0.0, at_or_above="wait", below="admit", label="ill")


def publish(database: Database, plane: DataPlane, test: ABTest = HALF, *arms: Arm, **more: Any) -> None:
    """Versions 1 and 2, the second as a challenger."""
    route = published.publish(database, **more)
    published.store(database, version=2, **{name: more[name] for name in more if name == "compiled"})
    chosen = arms or (*route.arms, Arm("challenger", 2, decision=LATER))
    published.put(replace(route, number=route.number + 1, arms=chosen, test=test))
    plane.refresher.refresh()


def ask(plane: DataPlane, *rows: Row, **call: Any) -> list[Prediction]:
    return asyncio.run(plane.engine.predict(OWNER, Call(endpoint="triage", rows=rows, **call)))


def rows(units: Sequence[str] = UNITS) -> list[Row]:
    return [
        Row(input=published.ROW, reference=unit, pointer=f"/rows/{place}") for place, unit in enumerate(units)
    ]


def is_challenged(unit: str, salt: str = "beds") -> bool:
    return slot(salt, unit) >= SLOTS // 2


@pytest.mark.parametrize("compiled", [True, False])
def test_a_call_of_many_rows_is_split_row_by_row(
    plane: DataPlane, database: Database, compiled: bool
) -> None:
    publish(database, plane, compiled=compiled)
    alone = {number: ask(plane, rows()[0], version=number)[0].output for number in (1, 2)}
    answers = ask(plane, *rows())
    assert len({each.version for each in answers}) == 2
    for unit, each in zip(UNITS, answers, strict=True):
        version, arm = (2, "challenger") if is_challenged(unit) else (1, "champion")
        assert (each.version, each.arm, each.reference) == (version, arm, unit)
        assert (each.test, each.propensity) == (5, 0.5)
        assert each.output == alone[version]
        assert each.decision == ("admit" if version == 1 else "wait")
        assert asyncio.run(plane.engine.prediction(OWNER, each.id)) == each


def test_a_unit_keeps_its_arm_alone_or_among_others_and_in_every_way_of_asking(
    plane: DataPlane, database: Database
) -> None:
    publish(database, plane)
    together = {each.reference: each.version for each in ask(plane, *rows())}
    for row in rows():
        call = Call(endpoint="triage", rows=(row,))
        assert ask(plane, row)[0].version == together[row.reference]
        assert plane.engine.predict_now(OWNER, call)[0].version == together[row.reference]
        assert ask(plane, row, idempotency_key=f"key {row.reference}")[0].version == together[row.reference]


def test_the_entity_is_the_unit_before_the_reference(plane: DataPlane, database: Database) -> None:
    lookup = Lookup(table="beds", on="bed", key_kind=Kind.INTEGER, sql="", columns=())
    publish(database, plane, lookups=[lookup])
    row = Row(input=published.ROW, entity={"bed": 4711})
    (first,) = ask(plane, row)
    assert first.version == (2 if is_challenged('{"bed":"4711"}') else 1)
    again = Row(input=published.ROW, entity={"bed": 4711}, reference="another")
    assert {each.version for each in ask(plane, *[again] * 3)} == {first.version}


def test_a_column_may_be_the_unit_whoever_the_entity_is(plane: DataPlane, database: Database) -> None:
    publish(database, plane, replace(HALF, unit="ward"))
    answers = ask(plane, *rows())
    assert {each.version for each in answers} == {2 if is_challenged("east") else 1}
    assert {each.test for each in answers} == {5}


def test_who_names_no_unit_gets_the_champion_outside_the_test(plane: DataPlane, database: Database) -> None:
    publish(database, plane)
    answers = ask(plane, *[Row(input=published.ROW) for _ in range(20)])
    assert {(each.version, each.arm, each.test, each.propensity) for each in answers} == {
        (1, "champion", None, None)
    }


def test_who_names_a_version_stands_outside(plane: DataPlane, database: Database) -> None:
    publish(database, plane)
    for version in (1, 2):
        answers = ask(plane, *rows(), version=version)
        assert {(each.version, each.arm, each.test) for each in answers} == {(version, None, None)}


def test_shares_are_those_of_the_slots(plane: DataPlane, database: Database) -> None:
    made = allocation({"0": 0.7, "1": 0.3})
    test = replace(HALF, runs=tuple((int(owner), length) for owner, length in made.runs))
    publish(database, plane, test)
    answers = ask(plane, *rows([f"unit {number}" for number in range(500)]))
    found = Counter((each.version, each.propensity) for each in answers)
    assert set(found) == {(1, 0.7), (2, 0.3)}
    assert 110 < found[2, 0.3] < 190


def test_one_version_may_decide_by_two_thresholds(plane: DataPlane, database: Database) -> None:
    arms = (Arm("champion", 1, decision=published.DECISION), Arm("challenger", 1, decision=LATER))
    publish(database, plane, HALF, *arms)
    for unit, each in zip(UNITS, ask(plane, *rows()), strict=True):
        expected = ("challenger", "wait") if is_challenged(unit) else ("champion", "admit")
        assert (each.version, each.arm, each.decision) == (1, *expected)


def test_a_retry_gives_the_same_answers_though_the_test_has_ended(
    plane: DataPlane, database: Database
) -> None:
    publish(database, plane)
    first = ask(plane, *rows(), idempotency_key="once")
    published.publish(database)
    plane.refresher.refresh()
    assert ask(plane, *rows(), idempotency_key="once") == first


def test_all_that_is_wrong_is_told_in_the_order_of_the_rows(plane: DataPlane, database: Database) -> None:
    publish(database, plane)
    wrong = [Row(input={"age": "old"}, reference=row.reference, pointer=row.pointer) for row in rows()]
    with pytest.raises(InvalidInput) as error:
        ask(plane, *wrong[:8])
    places = [problem.pointer.split("/")[2] for problem in error.value.problems]
    assert list(dict.fromkeys(places)) == [str(place) for place in range(8)]
    with pytest.raises(InvalidInput, match="row"):
        ask(plane)


def test_each_arms_fields_are_its_own(plane: DataPlane, database: Database) -> None:
    visits = Field(name="visits", kind=Kind.INTEGER, nullable=True)
    route = published.publish(database)
    published.store(database, version=2, schema=Schema((published.AGE, visits)))
    arms = (*route.arms, Arm("challenger", 2))
    published.put(replace(route, number=2, arms=arms, test=HALF))
    plane.refresher.refresh()
    sent = [replace_input(row, {**published.ROW, "visits": 3}) for row in rows()]
    for each in ask(plane, *sent):
        assert set(each.input) == ({"age", "visits"} if each.version == 2 else {"age", "ward"})


def replace_input(row: Row, values: dict[str, Any]) -> Row:
    return Row(input=values, reference=row.reference, pointer=row.pointer)


def test_a_uuid_in_another_spelling_is_the_same_unit(plane: DataPlane, database: Database) -> None:
    lookup = Lookup(table="beds", on="bed", key_kind=Kind.CATEGORY, sql="", columns=(), is_uuid=True)
    publish(database, plane, lookups=[lookup])
    for number in range(20):
        bed = UUID(int=number + (1 << 120))
        spellings = (str(bed), str(bed).upper(), bed.hex)
        answers = ask(plane, *[Row(input=published.ROW, entity={"bed": each}) for each in spellings])
        assert len({each.version for each in answers}) == 1


def test_outcomes_are_taken_of_every_arm(plane: DataPlane, database: Database) -> None:
    publish(database, plane)
    ask(plane, *rows())
    sent = [SentOutcome(value="ill", endpoint="triage", reference=unit) for unit in UNITS]
    assert asyncio.run(plane.engine.outcomes(OWNER, sent)) == Counts(bound=len(UNITS))


def test_the_predictions_of_a_test_are_found_a_page_at_a_time(plane: DataPlane, database: Database) -> None:
    publish(database, plane)
    ask(plane, *[Row(input=published.ROW) for _ in range(3)])  # they name no unit: outside of it
    answers = ask(plane, *rows())
    found: list[Prediction] = []
    while len(found) < len(answers):
        before = found[-1].id if found else None
        found += asyncio.run(
            plane.engine.predictions(OWNER, endpoint="triage", test=5, before=before, limit=15)
        )
    assert [each.id for each in found] == sorted((each.id for each in answers), reverse=True)
    assert asyncio.run(plane.engine.predictions(OWNER, endpoint="triage", test=6)) == []


def test_a_number_names_the_unit_that_is_stored(plane: DataPlane, database: Database) -> None:
    publish(database, plane, replace(HALF, unit="age"))
    for number in range((1 << 53) + 1, (1 << 53) + 41, 2):  # no float is such a number
        (answer,) = ask(plane, Row(input={**published.ROW, "age": number}))
        stored = asyncio.run(plane.engine.prediction(OWNER, answer.id)).input
        assert stored is not None
        assert answer.version == (2 if is_challenged(str(unit_text(stored["age"]))) else 1)
