"""A decision belongs to the arm that answers, and fits its version; else there is none, and a warning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from flyball.domain.records import Prediction
from flyball.domain.routing import Arm, Decision
from flyball.serving.app import DataPlane
from flyball.serving.calls import Call, Row
from flyball.stores.database import Database
from tests import published
from tests.engine.conftest import OWNER

pytestmark = pytest.mark.storage
STRICT = Decision(threshold=0.5, at_or_above="operate", below="wait", label="sick")
OTHERS = ("sick", "healthy")
NONE = ["no_decision"]


def ask(plane: DataPlane, version: int | None) -> Prediction:
    call = Call(endpoint="triage", rows=(Row(input=published.ROW),), version=version)
    return plane.engine.predict_now(OWNER, call)[0]


def publish(database: Database, plane: DataPlane, *arms: Arm) -> None:
    """These arms, where versions 2 and 3 know other labels than version 1."""
    route = published.publish(database)
    for number in (2, 3):
        published.store(database, version=number, labels=OTHERS)
    published.put(replace(route, number=2, arms=arms))
    plane.refresher.refresh()


UNFIT = Arm("canary", 2, decision=published.DECISION)
CHAMPION = Arm("champion", 1, decision=published.DECISION)
RULES: list[tuple[str, Sequence[Arm], int | None, str | None, list[str]]] = [
    # why, arms, asked for, decision, warnings
    ("the champion decides", [CHAMPION], None, "admit", []),
    ("its version does so by number", [CHAMPION], 1, "admit", []),
    ("an arm decides by itself", [CHAMPION, Arm("canary", 2, decision=STRICT)], 2, "operate", []),
    ("an arm that cannot decide", [CHAMPION, Arm("canary", 2)], 2, None, NONE),
    ("no arm, and the champion's does not fit", [CHAMPION], 3, None, NONE),
    ("no arm, and the champion's fits", [Arm("champion", 2, decision=STRICT)], 3, "operate", []),
    ("nobody decides anything", [Arm("champion", 1)], 3, None, []),
    ("a champion's that does not fit it", [Arm("champion", 1, decision=STRICT)], None, None, NONE),
    ("a canary's that does not fit it", [Arm("champion", 1), UNFIT], 2, None, NONE),
]


@pytest.mark.parametrize(
    ("arms", "version", "decision", "warnings"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES]
)
def test_the_arm_that_answers_decides(
    database: Database,
    plane: DataPlane,
    arms: Sequence[Arm],
    version: int | None,
    decision: str | None,
    warnings: list[str],
) -> None:
    publish(database, plane, *arms)
    answer = ask(plane, version)
    assert (answer.decision, [each.code for each in answer.warnings]) == (decision, warnings)


@pytest.mark.parametrize(
    ("label", "task", "classes", "fits"),
    [
        ("ill", "classification", ("ill", "well"), True),
        ("ill", "classification", ("sick", "healthy"), False),
        ("true", "classification", (True, False), True),
        ("1", "classification", (True, False), False),
        (None, "regression", (), True),
        (None, "classification", ("ill", "well"), False),
        ("ill", "regression", (), False),
        (None, "clustering", (), False),
    ],
)
def test_a_decision_needs_the_number_that_it_compares(
    label: str | None, task: str, classes: tuple[str | bool, ...], fits: bool
) -> None:
    decision = Decision(threshold=0.5, at_or_above="a", below="b", label=label)
    assert decision.fits(task, classes) is fits
