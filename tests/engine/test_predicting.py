"""A call is checked, answered, decided and stored; a retry is answered as the first time."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from flyball.control.routing.models import IdempotencyKey
from flyball.domain.access import Principal
from flyball.domain.errors import (
    MOST_PROBLEMS,
    Erased,
    IdempotencyKeyReused,
    InvalidInput,
    Overloaded,
    UnknownEndpoint,
    UnknownPrediction,
    UnknownVersion,
)
from flyball.domain.records import Prediction, digest
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row
from flyball.serving.preparing import preparer
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage
STRANGER = Principal(team="police", role="owner")


@pytest.fixture(autouse=True)
def route(database: Database) -> Any:
    return published.publish(database)


def row(pointer: str = "", **values: Any) -> Row:
    return Row(input={**published.ROW, **values}, pointer=pointer)


def ask(plane: DataPlane, *rows: Row, **call: Any) -> list[Prediction]:
    return asyncio.run(plane.engine.predict(OWNER, Call(endpoint="triage", rows=rows or (row(),), **call)))


def places(error: pytest.ExceptionInfo[Any]) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in error.value.problems]


def test_an_answer_says_what_how_and_by_which_version(plane: DataPlane) -> None:
    (answer,) = ask(plane, Row(input=published.ROW, reference="bed 4"))
    assert (answer.version, answer.arm, answer.route) == (1, "champion", 1)
    assert (answer.output["label"], answer.decision, answer.reference) == ("ill", "admit", "bed 4")
    assert set(answer.output["probabilities"]) == {"ill", "well"}
    assert asyncio.run(plane.engine.prediction(OWNER, answer.id)) == answer


def test_a_prediction_says_how_long_its_output_took(plane: DataPlane) -> None:
    (answer,) = ask(plane)
    assert answer.latency is not None
    assert answer.latency > 0
    assert asyncio.run(plane.engine.prediction(OWNER, answer.id)).latency == answer.latency


def test_versions_without_a_route_are_loaded_while_others_are_answered(
    plane: DataPlane, database: Database
) -> None:
    """However many wait for such a version, the threads that read stay free."""
    published.store(database, version=5)
    began, release = threading.Event(), threading.Event()

    def hold() -> None:
        began.set()
        release.wait(30)

    plane.refresher.loader._thread.submit(hold)  # another version that takes its time
    assert began.wait(30)

    async def play() -> list[int]:
        call = Call(endpoint="triage", rows=(row(),), version=5)
        waiting = [asyncio.create_task(plane.engine.predict(OWNER, call)) for _ in range(8)]
        await asyncio.sleep(0)
        kept = Call(endpoint="triage", rows=(row(),), idempotency_key="once")  # this one reads
        async with asyncio.timeout(30):
            await plane.engine.predict(OWNER, kept)
        assert not any(each.done() for each in waiting)
        release.set()
        return [answers[0].version for answers in await asyncio.gather(*waiting)]

    assert asyncio.run(play()) == [5] * 8


def test_rows_are_answered_in_order_each_with_its_own_id(plane: DataPlane) -> None:
    ages = [float(age) for age in range(0, 100, 10)]
    answers = ask(plane, *(row(age=age) for age in ages))
    assert [answer.input["age"] for answer in answers] == ages
    assert [answer.id for answer in answers] == sorted({answer.id for answer in answers})


def test_every_problem_of_every_row_is_told_with_its_place(plane: DataPlane) -> None:
    bad = Row(input={"age": True, "extra": 1}, pointer="/rows/1", entity={"nobody": 1})
    with pytest.raises(InvalidInput) as error:
        ask(plane, row("/rows/0"), bad)
    assert sorted(places(error)) == [
        ("/rows/1/entity/nobody", "unknown_field"),
        ("/rows/1/input/age", "wrong_type"),
        ("/rows/1/input/extra", "unknown_field"),
        ("/rows/1/input/ward", "missing"),
    ]


def test_what_the_model_has_not_seen_is_answered_with_a_warning_that_is_stored(plane: DataPlane) -> None:
    (answer,) = ask(plane, row(age=500, ward="north"))
    assert [(each.pointer, each.code) for each in answer.warnings] == [
        ("/input/age", "out_of_range"),
        ("/input/ward", "unseen_category"),
    ]
    assert asyncio.run(plane.engine.prediction(OWNER, answer.id)).warnings == answer.warnings


def test_a_version_is_answered_by_number_whether_routed_or_not(plane: DataPlane, database: Database) -> None:
    published.store(database, version=5)
    assert [(each.version, each.arm) for each in ask(plane, version=1)] == [(1, None)]
    assert [(each.version, each.arm) for each in ask(plane, version=5)] == [(5, None)]
    with pytest.raises(UnknownVersion):
        ask(plane, version=6)


def test_no_more_than_a_few_unrouted_versions_stay_loaded(plane: DataPlane, database: Database) -> None:
    for number in range(2, 9):
        published.store(database, version=number)
        ask(plane, version=number)
    kept = plane.refresher.loader._kept.values()
    assert [each.is_routed for each in kept].count(False) == 4


def test_an_endpoint_of_another_team_does_not_exist(plane: DataPlane) -> None:
    (answer,) = ask(plane)
    call = Call(endpoint="triage", rows=(row(),))
    with pytest.raises(UnknownEndpoint):
        plane.engine.predict_now(STRANGER, call)
    with pytest.raises(UnknownPrediction):
        asyncio.run(plane.engine.prediction(STRANGER, answer.id))
    with pytest.raises(UnknownPrediction):
        asyncio.run(plane.engine.erase(STRANGER, answer.id))
    assert asyncio.run(plane.engine.predictions(STRANGER, reference="r")) == []
    assert plane.engine.status(STRANGER)["routes"] == {}


def test_a_retry_gets_the_first_answer_and_stores_nothing(plane: DataPlane, database: Database) -> None:
    first = ask(plane, idempotency_key="once")
    published.publish(database, version=2)
    plane.refresher.refresh()
    assert ask(plane, idempotency_key="once") == first
    assert plane.recorder.commits == 1


def test_retries_at_the_same_time_get_one_answer(plane: DataPlane) -> None:
    async def together() -> list[list[Prediction]]:
        call = Call(endpoint="triage", rows=(row(), row(age=3)), idempotency_key="once")
        return await asyncio.gather(*(plane.engine.predict(OWNER, call) for _ in range(20)))

    answers = asyncio.run(together())
    assert all(answer == answers[0] for answer in answers)


def test_a_key_belongs_to_one_request(plane: DataPlane) -> None:
    ask(plane, idempotency_key="once")
    for other in ({"version": 1}, {}):
        with pytest.raises(IdempotencyKeyReused):
            ask(plane, row(age=3.0) if not other else row(), idempotency_key="once", **other)


def test_what_was_sent_with_a_key_cannot_be_guessed_from_what_is_stored(plane: DataPlane) -> None:
    for key in ("once", "twice"):
        ask(plane, idempotency_key=key)
    rows = [[{}, published.ROW, None]]
    stored = set(IdempotencyKey.objects.values_list("request", flat=True))
    assert len(stored) == 2
    assert digest([None, rows]) not in stored


def test_a_retry_of_what_has_been_erased_says_so(plane: DataPlane) -> None:
    (answer,) = ask(plane, idempotency_key="once")
    asyncio.run(plane.engine.erase(OWNER, answer.id))
    with pytest.raises(Erased):
        ask(plane, idempotency_key="once")
    with pytest.raises(Erased):
        asyncio.run(plane.engine.erase(OWNER, answer.id))


def test_half_a_surrogate_pair_in_a_retry_is_refused_like_any_other(plane: DataPlane) -> None:
    with pytest.raises(InvalidInput):
        ask(plane, row(ward="\ud800"), idempotency_key="\ud800")


def test_too_many_at_once_are_refused_before_anything_is_computed(plane: DataPlane) -> None:
    plane.recorder.limit = 2

    async def together() -> list[Any]:
        call = Call(endpoint="triage", rows=(row(),))
        return await asyncio.gather(
            *(plane.engine.predict(OWNER, call) for _ in range(8)), return_exceptions=True
        )

    answers = asyncio.run(together())
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    assert len(refused) >= 4
    assert len(refused) + sum(isinstance(answer, list) for answer in answers) == 8
    assert plane.engine._under_way == 0


def test_a_call_counts_by_its_rows(plane: DataPlane) -> None:
    plane.recorder.limit = 8

    async def together() -> list[Any]:
        call = Call(endpoint="triage", rows=(row(),) * 8)
        return await asyncio.gather(
            *(plane.engine.predict(OWNER, call) for _ in range(3)), return_exceptions=True
        )

    assert [type(answer) for answer in asyncio.run(together())] == [list, Overloaded, Overloaded]
    assert plane.engine._under_way == 0


def test_looking_for_problems_ends_where_nobody_would_read_more(plane: DataPlane) -> None:
    wrong: dict[str, Any] = {f"x{n}": 1 for n in range(100)}
    with pytest.raises(InvalidInput) as error:
        ask(plane, *(row(**wrong) for _ in range(50)))
    assert MOST_PROBLEMS < len(error.value.problems) <= MOST_PROBLEMS + len(wrong)


@pytest.mark.parametrize(
    ("rows", "fields", "is_at_once"), [(1, 0, True), (16, 0, True), (1000, 0, False), (2, 9000, False)]
)
def test_only_few_fields_are_checked_on_the_event_loop(
    plane: DataPlane, rows: int, fields: int, is_at_once: bool
) -> None:
    one = Row(input={**published.ROW, **{f"x{n}": 1 for n in range(fields)}})
    served = plane.engine.pool.table.endpoints["triage"]
    call = Call(endpoint="triage", rows=(one,) * rows)
    assert preparer._is_quick([served.champion], call) is is_at_once
