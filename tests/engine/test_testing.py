"""``flyball.testing`` answers in users' tests, without a database, a thread or a model."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import flyball
from flyball.domain.errors import InvalidInput, UnknownEndpoint
from flyball.testing import answers

BENIGN = {"label": "benign", "probabilities": {"benign": 0.9, "malignant": 0.1}}


def test_an_endpoint_gives_the_output_it_was_told_to() -> None:
    before = threading.active_count()
    with answers({"diagnosis": BENIGN}) as made:
        answer = flyball.predict("diagnosis", entity={"patient": 7}, input={"age": 3}, reference="r")
    assert (answer.output, answer.decision) == (BENIGN, None)
    assert made == [answer]
    assert (answer.entity, answer.input, answer.reference) == ({"patient": 7}, {"age": 3}, "r")
    assert threading.active_count() == before


def test_a_decision_can_be_told_with_the_output() -> None:
    with answers({"diagnosis": {"output": BENIGN, "decision": "send home"}}):
        assert flyball.predict("diagnosis").decision == "send home"


def test_an_answer_can_be_computed() -> None:
    def doubled(**given: Any) -> dict[str, float]:
        return {"value": given["input"]["age"] * 2}

    with answers({"cost": doubled}):
        rows = [{"input": {"age": 1}}, {"input": {"age": 2}}]
        assert [each.output for each in flyball.predict("cost", rows=rows)] == [{"value": 2}, {"value": 4}]
        assert asyncio.run(flyball.apredict("cost", input={"age": 4})).output == {"value": 8}


def test_the_inner_answers_count_and_the_outer_come_back() -> None:
    with answers({"cost": {"value": 1.0}}):
        with answers({"cost": {"value": 2.0}}):
            assert flyball.predict("cost").output == {"value": 2.0}
        assert flyball.predict("cost").output == {"value": 1.0}


def test_an_endpoint_without_an_answer_is_unknown() -> None:
    with answers({}), pytest.raises(UnknownEndpoint, match="'cost'"):
        flyball.predict("cost")


def test_what_no_request_could_hold_is_refused_here_too() -> None:
    with answers({"cost": {"value": 1.0}}), pytest.raises(InvalidInput):
        flyball.predict("cost", reference="")
