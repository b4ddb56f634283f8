"""Each count rises when a row is deleted, doubled, changed or made up by hand, and no other one does."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from flyball.domain.records import Outcome, now
from flyball.serving.http.answers import answer
from flyball.stores import outcomes
from flyball.stores.database import Database
from flyball.stores.records import Submission
from flyball.stores.rows import COLUMNS
from tests.durability import operations
from tests.durability.ledger import Answered, Line
from tests.durability.operations import Operation
from tests.durability.verifier import Tally, verify
from tests.ids import uuid7
from tests.stores.predictions import made, write

pytestmark = pytest.mark.storage
CLEAN = Tally(sent=4, acknowledged=4)
SEVERAL = ["several.0", "several.1"]
PREDICTION = ", ".join(COLUMNS[1:])
OUTCOME = "endpoint, state, prediction, bound_by, reference, occurred_at, value, source, received_at"


def copy(names: str, table: str, source: str, *, reference: str = "reference") -> str:
    """SQL that inserts a row once more; ``?`` is the id of one more prediction."""
    values = names.replace("reference", reference)
    (own, new) = ("id, ", "?, ") if table == "prediction" else ("", "")
    return (
        f"INSERT INTO flyball_{table} ({own}{names})"
        f" SELECT {new}{values} FROM flyball_{table} WHERE reference = '{source}'"
    )


TAMPERED = [
    ("lost", "DELETE FROM flyball_prediction WHERE reference = 'one'"),
    ("lost", "DELETE FROM flyball_prediction WHERE reference = 'several.1'"),
    ("lost", "DELETE FROM flyball_outcome WHERE reference = 'several.0'"),
    ("lost", "DELETE FROM flyball_outcome WHERE reference IS NULL"),
    ("double", copy(PREDICTION, "prediction", "one")),
    ("double", copy(OUTCOME, "outcome", "several.0")),
    ("mismatched", """UPDATE flyball_prediction SET input = '{"age": 1.0}' WHERE reference = 'one'"""),
    (
        "mismatched",
        """UPDATE flyball_prediction SET output = '{"label": "x"}' WHERE reference = 'one'""",
    ),
    ("mismatched", "UPDATE flyball_prediction SET decision = 'admit' WHERE reference = 'one'"),
    ("mismatched", "UPDATE flyball_prediction SET version = 2 WHERE reference = 'several.1'"),
    ("mismatched", """UPDATE flyball_outcome SET value = '"x"' WHERE reference = 'held'"""),
    ("mismatched", "UPDATE flyball_outcome SET state = 'unmatched' WHERE reference = 'held'"),
    (
        "mismatched",
        "UPDATE flyball_outcome SET prediction ="
        " (SELECT id FROM flyball_prediction WHERE reference = 'one') WHERE reference = 'several.0'",
    ),
    ("never_sent", copy(PREDICTION, "prediction", "one", reference="'nobody'")),
    ("never_sent", copy(OUTCOME, "outcome", "held", reference="'nobody'")),
]


@pytest.fixture
def lines(database: Database, connection: Any) -> list[Line]:
    """A ledger of four acknowledged operations, whose rows are stored."""

    def predict(operation: Operation) -> str:
        stored = [made(**row) for row in operation.body.get("rows", [operation.body])]
        write(database, connection, Submission(predictions=tuple(stored)))
        ledger.extend(acknowledged(operation, {"predictions": [answer(each) for each in stored]}))
        return str(stored[0].id)

    def tell(operation: Operation, every: list[Outcome]) -> None:
        counts = outcomes.record(database, connection, every, now())
        ledger.extend(acknowledged(operation, asdict(counts)))

    ledger: list[Line] = []
    identity = predict(operations.prediction("one"))
    predict(operations.predictions(SEVERAL))
    one, several = operations.outcome(identity), operations.outcomes(["several.0", "held"])
    tell(one, [Outcome(endpoint="triage", prediction=UUID(identity), value=one.body["value"])])
    tell(several, [Outcome(endpoint="triage", **each) for each in several.body["outcomes"]])
    return ledger


def acknowledged(operation: Operation, body: Any) -> list[Line]:
    told = operations.told(msgspec.to_builtins(body))
    return [operation.sent, Answered(key=operation.sent.key, status=200, told=told, begun=0, ended=1)]


def test_what_is_stored_as_it_was_told_is_clean(database: Database, lines: list[Line]) -> None:
    tally = verify(database, lines)
    assert tally == CLEAN
    assert tally.is_clean


@pytest.mark.parametrize(("counter", "sql"), TAMPERED)
def test_a_row_that_is_tampered_with_is_counted(
    database: Database, connection: Any, lines: list[Line], counter: str, sql: str
) -> None:
    connection.execute(database.sql(sql), [database.id_in(uuid7())] * sql.count("?, "))
    tally = verify(database, lines)
    assert tally == replace(CLEAN, **{counter: 1})
    assert not tally.is_clean


def test_another_answer_to_a_retry_is_a_mismatch(database: Database, lines: list[Line]) -> None:
    again = Answered(key="prediction-one", status=200, told="something else", begun=2, ended=3)
    assert verify(database, [*lines, again]) == replace(CLEAN, mismatched=1)


@pytest.mark.parametrize(("status", "refused"), [(0, 0), (503, 0), (422, 1), (500, 1)])
def test_an_answer_is_refused_unless_it_asks_to_try_again(
    database: Database, lines: list[Line], status: int, refused: int
) -> None:
    answered = Answered(key="prediction-one", status=status, begun=2, ended=3)
    assert verify(database, [*lines, answered]) == replace(CLEAN, refused=refused)


@pytest.mark.parametrize(
    ("stored", "mismatched"), [(["several.0", "several.1"], 0), (["several.0"], 1), ([], 0)]
)
def test_of_what_was_never_acknowledged_all_is_stored_or_nothing(
    database: Database, connection: Any, lines: list[Line], stored: list[str], mismatched: int
) -> None:
    """Without acknowledgement the run is not clean in any case: the clients ask until they are answered."""
    connection.execute("DELETE FROM flyball_outcome WHERE reference IS NOT NULL")
    for name in {*SEVERAL} - {*stored}:
        connection.execute(database.sql("DELETE FROM flyball_prediction WHERE reference = ?"), [name])
    kept = [line for line in lines if line.key != "outcome-several.0"]
    unanswered = [line for line in kept if (line.key, type(line)) != ("prediction-several.0", Answered)]
    tally = verify(database, unanswered)
    assert tally == Tally(sent=3, acknowledged=2, mismatched=mismatched)
    assert not tally.is_clean
