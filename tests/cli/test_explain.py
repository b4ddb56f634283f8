"""``flyball explain``: which fields moved stored predictions."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tests.cli.conftest import Typed

ANSWERED = '{"age": 30, "job": "cook"}'


def test_the_fields_of_a_stored_prediction_are_told_with_their_parts(typed: Typed, champion: str) -> None:
    answer = typed.json("predict", champion, "--input", ANSWERED, "--reasons", "2")
    (told,) = typed.json("explain", answer["id"], "--reasons", "2")
    assert {name: told[name] for name in answer["reasons"]} == answer["reasons"]
    total = told["base"] + sum(each["part"] for each in told["parts"]) + told["rest"]
    assert total == pytest.approx(told["answer"])
    said = typed("explain", answer["id"]).stdout
    assert f"{champion}@1, {told['unit']} of {told['of']} ({told['method']})" in said
    assert "base" in said
    assert "No field" in typed("explain", answer["id"], "--counterfactuals", "1").stdout
    assert all(f"{each['field']} = {each['value']}" in said for each in told["parts"])


def test_an_id_that_is_none_is_said_so(typed: Typed, champion: str) -> None:
    said = typed("explain", str(uuid4()), "--json", exits=1)
    assert json.loads(said.stderr or said.stdout)["code"] == "unknown_prediction"
    assert "reasons" in typed("explain", str(uuid4()), "--reasons", "0", exits=2).stderr
