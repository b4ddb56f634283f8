"""Shadows by outcomes: paired row by row, once final, with corrections; one row of an entity is proof."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flyball import Outcome
from flyball.control.shadows import judging
from flyball.control.shadows.models import ShadowAnswer
from flyball.domain.records import Prediction, now
from flyball.stores.database import Database
from tests.shadows.conftest import LATER, Ask, Record, declare, people, tell, to_the_end, told

pytestmark = pytest.mark.storage


def truth(each: Prediction) -> str:
    """The older are ill."""
    return "ill" if float(each.input["age"] or 0) > 50 else "well"


def test_each_row_with_an_outcome_is_compared(shadow: Database, record: Record, asking: Ask) -> None:
    made = record(people())
    tell(shadow, made, truth)
    to_the_end(asking())
    found = told()["beside"][0]["outcomes"]
    assert (found["rows"], found["entities"]) == (40, 40)
    own = {each.prediction: (each.output or {})["label"] for each in ShadowAnswer.objects.all()}
    better = sum(own[each.id] == truth(each) != each.output["label"] for each in made)
    worse = sum(own[each.id] != truth(each) == each.output["label"] for each in made)
    assert (found["better"], found["worse"]) == (better, worse)
    assert found["loss"]["difference"] == pytest.approx((worse - better) / 40)
    assert found["log_loss"]["difference"] > 0
    more = worse - better
    assert found["sentences"][0] == (
        f"On 40 rows with an outcome version 2 is wrong on {more} more than version 1."
    )


def test_an_outcome_that_comes_after_the_answer_is_counted_once(
    shadow: Database, record: Record, asking: Ask
) -> None:
    made = record(people(10))
    to_the_end(asking())
    tell(shadow, made, lambda each: "ill")
    to_the_end(asking())
    to_the_end(asking())
    assert told()["beside"][0]["outcomes"]["rows"] == 10


def test_a_correction_counts_in_place_of_what_was_sent_before(
    shadow: Database, record: Record, asking: Ask
) -> None:
    made = record(people(10))
    tell(shadow, made, lambda each: "ill")
    to_the_end(asking())
    before = told()["beside"][0]["outcomes"]
    tell(shadow, made, lambda each: "well")
    to_the_end(asking())
    after = told()["beside"][0]["outcomes"]
    assert after["rows"] == before["rows"] == 10
    assert (after["better"], after["worse"]) == (before["worse"], before["better"])
    assert after["loss"]["difference"] == -before["loss"]["difference"] != 0


def test_of_an_entity_the_first_row_counts_for_the_interval(
    shadow: Database, record: Record, asking: Ask
) -> None:
    made = [each for _ in range(5) for each in record(people(4), entity={"customer": 7})]
    tell(shadow, made, lambda each: "ill")
    to_the_end(asking())
    found = told()["beside"][0]["outcomes"]
    assert (found["rows"], found["entities"]) == (20, 1)
    assert ShadowAnswer.objects.exclude(unit=None).count() == 1


def test_an_outcome_waits_until_it_is_final(triage: Database, record: Record, asking: Ask) -> None:
    from flyball.control.shadows import services

    declare(outcome=Outcome("state", positive="ill", matures_after="30d"))
    services.add_shadow(endpoint="triage", version=2)
    made = record(people(5))
    tell(triage, made, lambda each: "ill")
    to_the_end(asking())
    assert told()["beside"][0]["outcomes"] is None
    asked = asking()
    assert judging.judge(asked._kept, now() + timedelta(days=31), timedelta(days=30))
    asked.end()
    assert told()["beside"][0]["outcomes"]["rows"] == 5


def test_without_an_outcome_that_is_declared_it_says_so(
    triage: Database, record: Record, asking: Ask
) -> None:
    from flyball.control.shadows import services

    declare(outcome=None)
    services.add_shadow(endpoint="triage", version=2)
    record(people(2))
    asked = asking()
    asked.step(now() + LATER)
    asked.end()
    assert told()["unjudged"] == "It is not judged on outcomes: none is declared."


def test_rows_beside_another_champion_are_counted_apart(
    shadow: Database, record: Record, asking: Ask
) -> None:
    tell(shadow, record(people(3)), lambda each: "ill")
    tell(shadow, record(people(4), version=3, arm="challenger"), lambda each: "ill")
    to_the_end(asking())
    found = {(each["version"], each["arm"]): each["outcomes"]["rows"] for each in told()["beside"]}
    assert found == {(1, "champion"): 3, (3, "challenger"): 4}
