"""``flyball replay``: what comes out again, and what differs."""

from __future__ import annotations

import json
from uuid import uuid4

from flyball.control.routing.models import Prediction
from tests.cli.conftest import Typed

ANSWERED = '{"age": 30, "job": "cook"}'


def test_predictions_are_computed_again(typed: Typed, champion: str) -> None:
    answers = [typed.json("predict", champion, "--input", ANSWERED) for _ in range(2)]
    again = typed.json("replay", *(each["id"] for each in answers))
    assert [(each["id"], each["same"]) for each in again] == [(each["id"], True) for each in answers]
    assert [each["output"] for each in again] == [each["output"] for each in answers]
    assert "the same" in typed("replay", answers[0]["id"]).stdout


def test_what_differs_is_shown_and_the_command_fails(typed: Typed, champion: str) -> None:
    answer = typed.json("predict", champion, "--input", ANSWERED)
    Prediction.objects.update(output=answer["output"] | {"label": "perhaps"})
    said = typed("replay", answer["id"], exits=1).stdout
    assert "differs" in said
    assert f"/output/label: perhaps stored, {answer['output']['label']} now" in said
    (again,) = typed.json("replay", answer["id"], exits=1)
    assert (again["same"], [each["pointer"] for each in again["differences"]]) == (False, ["/output/label"])


def test_an_id_that_is_none_is_said_so(typed: Typed, champion: str) -> None:
    said = typed("replay", str(uuid4()), "--json", exits=1)
    assert json.loads(said.stderr or said.stdout)["code"] == "unknown_prediction"
    assert "ID" in typed("replay", "4711", exits=2).stderr
