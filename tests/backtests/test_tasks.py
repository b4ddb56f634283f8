"""Values and clusters; and entities that come back, whose predictions are one cluster."""

from __future__ import annotations

from typing import Any, cast

import pytest
from sklearn.metrics import r2_score

from flyball import Clustering, Outcome, Regression, Rows
from flyball.control.backtests import scoring
from flyball.control.backtests.collecting import NO_NUMBER, Part
from flyball.control.backtests.counts import Counts
from flyball.control.backtests.draws import Draws
from flyball.control.backtests.rows import Rows as Kept
from flyball.control.backtests.rows import number_of, table, unit_of
from flyball.control.backtests.subject import Subject
from flyball.domain.records import Prediction
from flyball.domain.routing import Manifest
from flyball.domain.schema import Field, Kind, Schema
from flyball.stores.database import Database
from tests import published
from tests.backtests.world import (
    DAY,
    END,
    START,
    declare,
    fates,
    happen,
    identity,
    people,
    record,
    result,
    store,
)

AGE = Schema((Field(name="age", kind=Kind.NUMBER),))


class Doubles:
    """A version that says twice the age, or which decade it is."""

    direct = True

    def __init__(self, task: str) -> None:
        self.task = task

    def predict(self, rows: Any) -> list[dict[str, Any]]:
        if self.task == "clustering":
            return [{"cluster": int(row["age"]) // 10} for row in rows]
        return [{"value": 2.0 * row["age"]} for row in rows]


def subject(task: str) -> Subject:
    """Asks ``Doubles`` about the period."""
    return Subject(
        endpoint="pay",
        manifest=Manifest(endpoint="pay", number=2, task=task, artifacts=(), schema=AGE),
        runtime=Doubles(task),
        decision=None,
        start=START,
        end=END,
        as_of=END,
        has_outcome=task == "regression",
        maturity=DAY,
        observed_when=None,
        selection="",
        positive=None,
    )


def answered(output: dict[str, Any], age: float) -> Prediction:
    moment = START + DAY
    return Prediction(
        id=identity(moment),
        endpoint="pay",
        version=1,
        arm="champion",
        route=1,
        input={"age": age},
        output=output,
        created_at=moment,
    )


def test_values_have_scores_and_distances() -> None:
    asked = subject("regression")
    part = Part(asked, Draws(asked))
    made = [answered({"value": 2.0 * age + 1}, float(age)) for age in range(30)]
    happened = {each.id: 1.9 * age for age, each in enumerate(made)}
    odd = answered({"value": 1.0}, 5.0)
    part.add([*made, odd], {**happened, odd.id: cast(Any, "high")})

    class Pay(Regression):
        abstract = True
        rows = Rows("pay.csv")
        outcome = Outcome("pay")

    found = scoring.scores(table([part.rows.packed()], "scored", 30), asked, Pay)["scores"]
    truth = [1.9 * age for age in range(30)]
    assert found["answered"] == pytest.approx(r2_score(truth, [2.0 * age + 1 for age in range(30)]))
    assert found["version"] == pytest.approx(r2_score(truth, [2.0 * age for age in range(30)]))
    distances = table([part.rows.packed()], "distances", 31)["distance"]
    assert sorted(distances) == [1.0] * 30 + [9.0]
    assert part.counts.not_scored == {NO_NUMBER: 1}
    assert part.counts.tally.differing == 31


def test_clusters_agree_or_not_and_have_no_score() -> None:
    asked = subject("clustering")
    part = Part(asked, Draws(asked))
    part.add([answered({"cluster": 1}, 12.0), answered({"cluster": 1}, 25.0)], {})
    assert part.counts.tally.labels == {("1", "1"): 1, ("1", "2"): 1}
    assert (part.counts.labelled, part.counts.lacking) == (0, 0)

    class Groups(Clustering):
        abstract = True
        rows = Rows("pay.csv")

    assert "no outcomes to score by" in scoring.scores({}, asked, Groups)["scores"]["reason"]


def test_counts_of_parts_add_up() -> None:
    asked = subject("clustering")
    whole, together = Part(asked, Draws(asked)), Counts()
    pages = [[answered({"cluster": 1}, float(age))] for age in (12, 25, 31, 19, 55, 67, 71)]
    for page in pages:
        whole.add(page, {})
        alone = Part(asked, Draws(asked))
        alone.add(page, {})
        together.add(alone.counts.kept())
    assert together == whole.counts
    assert len(together.tally.examples) == 5


def test_rows_are_packed_without_anything_that_runs() -> None:
    rows = Kept()
    rows.add("scored", {"draw": number_of("a"), "p": [0.25, 0.75], "week": 3})
    rows.add("scored", {"draw": number_of("b"), "p": [1.0, 0.0], "week": 4})
    packed = rows.packed()
    found = table([packed, Kept().packed()], "scored", 2)
    assert found["p"].tolist() == [[0.25, 0.75], [1.0, 0.0]]
    assert found["draw"].tolist() == [number_of("a"), number_of("b")]
    assert rows.sizes() == {"scored": 2}


@pytest.mark.storage
def test_an_entity_that_comes_back_is_one_unit(database: Database) -> None:
    declare(metric="accuracy")
    published.publish(database)
    store(database, labels=("well", "ill"))
    inputs = people(400)
    alone = record(database, inputs)
    happen(database, fates(alone))
    narrow = result()["scores"]
    again = [{"entity": {"patient": place % 20}, "reference": f"visit {place}"} for place in range(400)]
    beds = [{"reference": f"bed {place % 40}"} for place in range(400)]
    for later, each, units in ((10, again, 20), (20, beds, 40)):
        start = START + later * DAY
        happen(database, fates(record(database, inputs, at=start, each=each)))
        found = result(start=start, end=start + DAY)["scores"]
        assert found["units"] == units
        assert found["answered"] == narrow["answered"]
        assert found["lower"] != pytest.approx(narrow["lower"])
    assert narrow["units"] == 400
    assert unit_of(alone[0]) == str(alone[0].id)
