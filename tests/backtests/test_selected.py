"""Where a decision decides whether there is an outcome, scores say of which rows they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import roc_auc_score

from flyball import Classification, Outcome, Policy, Rows, Threshold
from flyball.control.registry.comparison import comparison_text
from flyball.control.routing import selectors, services
from flyball.domain.faults import faults
from flyball.stores.database import Database
from tests import published
from tests.backtests.world import DECIDE, declare, fates, happen, people, record, result, store
from tests.routing.purchase import applied, champions, promote
from tests.routing.test_if_better import if_better, rival

ADMITTED = Outcome("state", positive="ill", observed_when="admit")
BUYS = Threshold(0.5, at_or_above="offer", below="leave")
OFFERED = Outcome("bought", positive="yes", observed_when="offer")


@pytest.mark.storage
def test_scores_are_of_the_rows_that_were_decided_so(database: Database) -> None:
    declare(outcome=ADMITTED)
    published.publish(database)
    store(database)
    made = record(database, people(200))
    happened = fates(made)[:180]
    happen(database, happened)  # also of some that were sent home, which nobody should know
    found = result()
    admitted = [(each, fate) for each, fate in happened if each.decision == "admit"]
    ill = [fate == "ill" for _, fate in admitted]
    chance = [each.output["probabilities"]["ill"] for each, _ in admitted]
    assert found["scores"]["answered"] == pytest.approx(roc_auc_score(ill, chance))
    assert found["scores"]["rows"] == found["labelled"] == len(admitted)
    assert found["unobserved"] == sum(each.decision != "admit" for each in made)
    assert found["lacking"] == sum(each.decision == "admit" for each in made[180:])
    assert (found["is_selected"], found["observed_when"]) == (True, "admit")
    assert found["selection"] == (
        "Of the rows whose decision was admit: no other has an outcome. Such a score must not decide alone."
    )


def declared(**attributes: Any) -> type[Classification]:
    body = {"rows": Rows("a.csv"), "decide": DECIDE, "__module__": __name__, **attributes}
    return type("Chosen", (Classification,), body)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"outcome": ADMITTED}, None),
        ({"outcome": Outcome("state", positive="ill", observed_when="send home")}, None),
        ({"outcome": ADMITTED, "decide": None}, "that is no decision"),
        ({"outcome": Outcome("state", positive="ill", observed_when="amdit")}, "that is no decision"),
    ],
)
def test_what_is_observed_is_one_of_the_decisions(attributes: dict[str, Any], says: str | None) -> None:
    found = [fault for fault in faults(declared(**attributes)) if fault.code == "E040"]
    assert [says in fault.message for fault in found if says] == ([True] if says else [])
    assert bool(found) == (says is not None)


def test_a_wrong_word_is_a_fault_of_its_own() -> None:
    assert "E027" in {fault.code for fault in faults(declared(outcome=Outcome("a", observed_when=True)))}  # type: ignore[arg-type] # that is what is wrong


@pytest.mark.storage
def test_no_score_promotes_by_itself_and_everybody_is_told_why(database: Database, tmp_path: Path) -> None:
    version = applied(tmp_path, outcome=OFFERED, decide=BUYS)
    assert if_better(version) == ""  # the first one takes over from nobody, and no score decides
    better = rival(version, "baseline")
    reason = if_better(better)
    assert reason.startswith(
        f"{better} has a score that says too little. Of the rows whose decision was offer"
    )
    assert "must not decide alone" in comparison_text(better)
    assert champions() == [1]
    promote(better, yes=True)
    assert champions() == [1, 2]  # people decide


@pytest.mark.storage
def test_nor_does_a_least_score_let_the_first_one_in(database: Database, tmp_path: Path) -> None:
    version = applied(tmp_path, outcome=OFFERED, decide=BUYS, policy=Policy(minimum_score=0.1))
    assert "must not decide alone" in if_better(version)
    assert selectors.route("purchase") is None
    services.promote(endpoint="purchase", version=version.number)
    assert champions() == [1]


@pytest.mark.storage
def test_where_everything_is_observed_nothing_of_it_is_said(database: Database, tmp_path: Path) -> None:
    version = applied(tmp_path)
    promote(version)
    better = rival(version, "baseline")
    assert "decide alone" not in comparison_text(better)
    assert "is not better than the champion" in if_better(better)
