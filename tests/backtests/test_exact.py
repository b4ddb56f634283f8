"""A backtest against the same numbers computed by hand, and what it leaves out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from flyball import Outcome
from flyball.control.registry import selectors as registry
from flyball.control.routing import services
from flyball.domain.records import Prediction, now
from flyball.domain.schema import Field, Kind, Schema
from flyball.stores import erasing
from flyball.stores.database import Database
from tests import published
from tests.backtests import world
from tests.backtests.world import DAY, END, START, declare, fates, happen, people, record, result, store

pytestmark = pytest.mark.storage
VISITS = Field(name="visits", kind=Kind.INTEGER, low=0, high=9)


@pytest.fixture
def triage(database: Database) -> Database:
    """``triage@1`` as champion, which decides."""
    declare()
    published.publish(database)
    return database


def would_be(version: int, made: list[Prediction]) -> list[dict[str, Any]]:
    """A version's outputs to recorded inputs."""
    return registry.loaded(registry.version("triage", version)).predict([each.input for each in made])


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "neg_log_loss"])
def test_both_scores_are_what_scikit_learn_says_of_the_same_rows(database: Database, metric: str) -> None:
    declare(metric=metric)
    published.publish(database)
    store(database, labels=("well", "ill"))
    made = record(database, people(300))
    happened = fates(made)[:250]
    happen(database, happened)
    found = result()
    ill = np.array([outcome == "ill" for _, outcome in happened])
    answered = [each.output for each, _ in happened]
    asked = would_be(2, [each for each, _ in happened])

    def score(outputs: list[dict[str, Any]]) -> float:
        chance = np.array([each["probabilities"]["ill"] for each in outputs])
        said = np.array([each["label"] == "ill" for each in outputs])
        ways = {
            "roc_auc": lambda: roc_auc_score(ill, chance),
            "accuracy": lambda: accuracy_score(ill, said),
            "neg_log_loss": lambda: -log_loss(ill, chance),
        }
        return float(ways[metric]())

    scores = found["scores"]
    assert scores["answered"] == pytest.approx(score(answered), abs=1e-12)
    assert scores["version"] == pytest.approx(score(asked), abs=1e-12)
    assert scores["difference"] == pytest.approx(score(asked) - score(answered))
    assert scores["lower"] < scores["difference"] < scores["upper"]
    assert (scores["rows"], scores["units"], scores["reason"]) == (250, 250, "")
    assert (found["labelled"], found["lacking"], found["immature"]) == (250, 50, 0)


def test_agreement_is_counted_by_label_and_decision(triage: Database) -> None:
    made = record(triage, people(200))
    happened = fates(made)
    happen(triage, happened)
    store(triage, labels=("well", "ill"))
    asked = [each["label"] for each in would_be(2, made)]
    found = result()
    rows = {row["label"]: row for row in found["by_label"]}
    for label in ("ill", "well"):
        pairs = [
            (each.output["label"], after, fate) for (each, fate), after in zip(happened, asked, strict=True)
        ]
        assert rows[label] == {
            "label": label,
            "answered": sum(before == label for before, _, _ in pairs),
            "version": sum(after == label for _, after, _ in pairs),
            "same": sum(before == after == label for before, after, _ in pairs),
            "happened": sum(fate == label for _, _, fate in pairs),
            "answered_right": sum(before == fate == label for before, _, fate in pairs),
            "version_right": sum(after == fate == label for _, after, fate in pairs),
        }
    decided = Counter(each.decision for each in made)
    assert {row["decision"]: row["answered"] for row in found["by_decision"]} == decided
    assert found["differing"] == sum(
        each.output["label"] != after for each, after in zip(made, asked, strict=True)
    )
    assert found["answered_by"] == [{"version": 1, "count": 200}]
    assert found["decision"] == "admit where the probability of ill is at least 0.5, else send home"


def test_a_prediction_at_the_end_is_the_next_periods(triage: Database) -> None:
    store(triage, built=START - 40 * DAY)
    instant = timedelta(microseconds=1)
    for moment in (START - instant, START, END - instant, END):
        record(triage, people(1), at=moment)
    assert result()["predictions"] == 2
    assert result(start=END, end=END + DAY)["predictions"] == 1
    assert result(start=START - DAY, end=START)["predictions"] == 1


def test_a_clock_that_was_set_back_loses_no_prediction(triage: Database) -> None:
    """Ids come from the moment of the call, which may lie on the other side of the edge."""
    store(triage)
    for moment in (START, END):
        for apart in (-30, 30):
            made = world.identity(moment + timedelta(seconds=apart))
            record(triage, people(1), at=moment, id=made)
    assert result()["predictions"] == 2


def test_a_period_is_of_any_zone(triage: Database) -> None:
    store(triage, built=START - DAY)
    record(triage, people(1), at=START - timedelta(hours=1))
    east = timezone(timedelta(hours=2))
    assert result(start=START.replace(tzinfo=east), end=END.replace(tzinfo=east))["predictions"] == 1
    assert result()["predictions"] == 0


def test_what_has_not_had_its_time_is_neither_right_nor_wrong(database: Database) -> None:
    declare(outcome=Outcome("state", positive="ill", matures_after="30d"))
    published.publish(database)
    store(database)
    old = record(database, people(40), at=now() - 40 * DAY)
    young = record(database, people(30), at=now() - 20 * DAY)
    happen(database, [*fates(old)[:35], *fates(young)], at=now())
    found = result(start=now() - 60 * DAY, end=now() - DAY)
    assert (found["labelled"], found["lacking"], found["immature"]) == (35, 5, 30)
    assert found["scores"]["rows"] == 35


def test_of_corrections_the_last_counts_and_what_was_retracted_does_not(triage: Database) -> None:
    store(triage)
    made = record(triage, people(30))
    happen(triage, [(each, "ill") for each in made])
    happen(triage, [(each, "well") for each in made[:10]])
    from flyball.control.routing.models import Outcome as Told

    for each in made[5:15]:  # five corrections, and five that were never corrected
        last = Told.objects.filter(prediction=each.id).order_by("-id")[0]
        services.retract_outcome(endpoint="triage", outcome=last.pk)
    found = result()
    happened = {row["label"]: row["happened"] for row in found["by_label"]}
    assert happened == {"ill": 20, "well": 5}
    assert found["lacking"] == 5


def test_an_outcome_that_fits_several_predictions_is_nobodys(database: Database) -> None:
    declare()
    published.publish(database)
    store(database)
    record(database, people(2), reference="twice")
    from flyball.domain import records
    from flyball.stores import outcomes

    told = records.Outcome(endpoint="triage", value="ill", reference="twice", repeated="refuse")
    connection = database.connect()
    assert outcomes.record(database, connection, [told], END).ambiguous == 1
    connection.close()
    assert (result()["labelled"], result()["lacking"]) == (0, 2)


def test_an_outcome_that_came_after_it_was_asked_for_does_not_count(triage: Database) -> None:
    store(triage)
    made = record(triage, people(20))
    backtest = world.ask()
    happen(triage, fates(made), at=now() + timedelta(seconds=1))
    assert world.carried_out(backtest).result["labelled"] == 0


def test_what_was_erased_is_counted_and_nothing_else_is_said_of_it(triage: Database) -> None:
    store(triage, labels=("well", "ill"))
    made = record(triage, people(20))
    happen(triage, fates(made))
    connection = triage.connect()
    assert erasing.erase(triage, connection, made[0].id, now())
    connection.close()
    found = result()
    assert (found["predictions"], found["erased"], found["asked"], found["labelled"]) == (20, 1, 19, 19)


def test_a_field_that_was_not_recorded_is_counted_with_its_reason(triage: Database) -> None:
    record(triage, people(5))
    record(triage, [{**each, "visits": 3} for each in people(7)], at=START + 2 * DAY)
    store(triage, schema=Schema((*published.SCHEMA.fields, VISITS)))
    found = result()
    reason = "visits: it was not recorded, and the version needs it."
    assert found["not_asked"] == [{"reason": reason, "count": 5}]
    assert (found["predictions"], found["asked"]) == (12, 7)
    store(triage, 3, schema=Schema((*published.SCHEMA.fields, replace(VISITS, nullable=True))))
    assert result(3)["without"] == [{"field": "visits", "count": 5}]


def test_labels_that_the_version_does_not_know_are_left_out_of_both_scores(triage: Database) -> None:
    made = record(triage, people(30))
    happen(triage, fates(made))
    store(triage, labels=("sick", "fine"))
    found = result()
    reason = "What happened is a label that the version does not know."
    assert found["not_scored"] == [{"reason": reason, "count": 30}]
    assert found["scores"]["version"] is None
    assert found["scores"]["reason"]


def test_a_week_has_scores_of_its_own(triage: Database) -> None:
    store(triage, labels=("well", "ill"))
    happened = []
    for week in (0, 2):
        made = record(triage, people(60, seed=week), at=START + (7 * week + 1) * DAY)
        happened.append(fates(made, seed=week))
        happen(triage, happened[-1])
    weeks = result()["weeks"]
    assert [week["from"] for week in weeks] == ["2025-10-01T00:00:00.000000Z", "2025-10-15T00:00:00.000000Z"]
    for week, pairs in zip(weeks, happened, strict=True):
        ill = [outcome == "ill" for _, outcome in pairs]
        chance = [each.output["probabilities"]["ill"] for each, _ in pairs]
        assert week["answered"] == pytest.approx(roc_auc_score(ill, chance))
        assert week["rows"] == 60
