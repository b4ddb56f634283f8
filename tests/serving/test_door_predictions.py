"""Predictions through the door: what is asked, what is answered, and every kind of bad input."""

from __future__ import annotations

import json
import threading
from typing import Any
from uuid import UUID

import pytest

from flyball.domain.errors import NotReady, Overloaded
from tests.serving.doors import GOOD, PREDICTIONS, Knock, errors, header, told
from tests.serving.test_wire import MALFORMED

ID = str(UUID(int=1))


def test_an_answer_has_all_that_a_caller_needs(knock: Knock) -> None:
    response = knock("POST", PREDICTIONS, {"input": GOOD, "reference": "loan-88123", "entity": {"id": 7}})
    assert response.status == 200
    assert told(response) == {
        "id": ID,
        "endpoint": "income",
        "version": 1,
        "arm": "champion",
        "output": {"label": "<=50K", "probabilities": {"<=50K": 0.75, ">50K": 0.25}},
        "decision": None,
        "warnings": [],
    }
    assert header(response, "content-type") == "application/json"
    assert header(response, "content-length") == str(len(response.body))
    (row,) = knock.engine.calls[0].rows
    assert (row.entity, row.reference, row.pointer) == ({"id": 7}, "loan-88123", "")


def test_many_rows_are_answered_in_their_order(knock: Knock) -> None:
    sent = {"rows": [{"input": GOOD, "reference": "a"}, {"input": GOOD}]}
    answers = told(knock("POST", PREDICTIONS, sent))["predictions"]
    assert [answer["id"] for answer in answers] == [str(UUID(int=1)), str(UUID(int=2))]
    assert told(knock("POST", PREDICTIONS, {"rows": sent["rows"][:1]}))["predictions"]


@pytest.mark.parametrize(("why", "body", "says"), MALFORMED, ids=[row[0] for row in MALFORMED])
def test_a_malformed_body_is_a_bad_request(knock: Knock, why: str, body: bytes, says: str) -> None:
    response = knock("POST", PREDICTIONS, body[:90_000])
    assert (response.status, told(response)["code"]) == (400, "malformed_body"), why
    assert knock.engine.stored == {}


BAD: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("nothing", {}, [("/input/age", "missing"), ("/input/education", "missing")]),
    ("text for a number", GOOD | {"age": "39"}, [("/input/age", "wrong_type")]),
    ("true for a number", GOOD | {"age": True}, [("/input/age", "wrong_type")]),
    ("a broken integer", GOOD | {"age": 39.5}, [("/input/age", "wrong_type")]),
    ("a number of 400 digits", GOOD | {"age": 10**400}, [("/input/age", "wrong_type")]),
    ("a list", GOOD | {"age": [39]}, [("/input/age", "wrong_type")]),
    ("an unknown field", GOOD | {"salary": 1}, [("/input/salary", "unknown_field")]),
    ("an unknown field that is null", GOOD | {"salary": None}, [("/input/salary", "unknown_field")]),
    ("NUL", GOOD | {"note": "a\x00"}, [("/input/note", "wrong_type")]),
    ("half a surrogate pair", GOOD | {"note": "\ud83c"}, [("/input/note", "wrong_type")]),
    ("half a pair as a name", GOOD | {"\ud83c": 1}, [("/input/\\ud83c", "unknown_field")]),
    ("a refused category", GOOD | {"relationship": "Uncle"}, [("/input/relationship", "unseen_category")]),
    ("underscores for hyphens", GOOD | {"hours_per_week": 1}, [("/input/hours_per_week", "unknown_field")]),
]


@pytest.mark.parametrize(("why", "sent", "expected"), BAD, ids=[row[0] for row in BAD])
def test_an_input_that_does_not_fit_is_refused_with_each_place(
    knock: Knock, why: str, sent: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    response = knock("POST", PREDICTIONS, {"input": sent})
    assert (response.status, told(response)["code"]) == (422, "invalid_input"), why
    assert errors(response) == expected
    in_rows = knock("POST", PREDICTIONS, {"rows": [{"input": GOOD}, {"input": sent}]})
    assert errors(in_rows) == [(f"/rows/1{place}", code) for place, code in expected]
    assert knock.engine.stored == {}


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5000])
def test_a_number_that_no_float_holds_is_refused_with_its_place(knock: Knock, number: str) -> None:
    body = json.dumps({"input": GOOD}).replace("40", number).encode()
    assert errors(knock("POST", PREDICTIONS, body)) == [("/input/hours-per-week", "wrong_type")]


@pytest.mark.parametrize(
    ("sent", "code"), [({"age": 17 - 1}, "out_of_range"), ({"education": "Abitur"}, "unseen_category")]
)
def test_what_the_model_has_not_seen_is_answered_with_a_warning(
    knock: Knock, sent: dict[str, Any], code: str
) -> None:
    response = knock("POST", PREDICTIONS, {"input": GOOD | sent})
    (warning,) = told(response)["warnings"]
    assert (response.status, warning["code"], warning["pointer"]) == (200, code, f"/input/{next(iter(sent))}")


def test_integral_floats_are_integers(knock: Knock) -> None:
    assert (
        knock("POST", PREDICTIONS, json.dumps({"input": GOOD}).replace("39", "39.0").encode()).status == 200
    )
    assert repr(knock.engine.stored[UUID(int=1)].input["age"]) == "39"


def test_all_that_is_wrong_is_told_at_once(knock: Knock) -> None:
    sent = {
        "rows": [{"input": {"age": "x"}, "reference": 1}, {"input": []}, {"input": GOOD}],
        "version": "one",
        "colour": "red",
    }
    response = knock("POST", f"{PREDICTIONS}?version=zero&shape=round", sent, idempotency_key="a b")
    assert response.status == 422
    assert sorted(errors(response)) == sorted(
        [
            ("?shape", "unknown_field"),
            ("?version", "wrong_type"),
            ("Idempotency-Key", "wrong_type"),
            ("/colour", "unknown_field"),
            ("/version", "wrong_type"),
            ("/rows/0/reference", "wrong_type"),
            ("/rows/1/input", "wrong_type"),
            ("/rows/0/input/age", "wrong_type"),
            ("/rows/0/input/education", "missing"),
        ]
    )


@pytest.mark.parametrize(
    "sent",
    [
        {"input": GOOD | {"age": "sesame", "note": ["sesame"], "relationship": "sesame"}},
        {"reference": "sesame" * 100, "version": "sesame", "entity": {"id": ["sesame"]}, "input": "sesame"},
        {"rows": "sesame"},
        "sesame",
    ],
)
def test_no_answer_repeats_a_value_that_was_sent(knock: Knock, sent: object) -> None:
    for body in (json.dumps(sent).encode(), json.dumps(sent).encode()[:-1]):
        response = knock("POST", f"{PREDICTIONS}?version=sesame", body, idempotency_key="sesame sesame")
        assert response.status in {400, 422}
        assert b"sesame" not in response.body


def test_a_refusal_lists_a_thousand_errors_and_counts_the_rest(knock: Knock) -> None:
    sent = {"input": GOOD | {f"x{number}": 1 for number in range(1500)}}
    document = told(knock("POST", PREDICTIONS, sent))
    assert (len(document["errors"]), document["errors_left_out"]) == (1000, 500)


def test_a_long_name_is_not_repeated_whole(knock: Knock) -> None:
    (error,) = told(knock("POST", PREDICTIONS, {"input": GOOD | {"x" * 50_000: 1}}))["errors"]
    assert len(error["pointer"]) == 500


@pytest.mark.parametrize(
    ("query", "body", "version"),
    [("?version=1", {}, 1), ("", {"version": 1}, 1), ("?version=1", {"version": 1}, 1), ("", {}, None)],
)
def test_a_version_may_be_asked_for_in_the_query_or_the_body(
    knock: Knock, query: str, body: dict[str, Any], version: int | None
) -> None:
    assert knock("POST", PREDICTIONS + query, {"input": GOOD} | body).status == 200
    assert knock.engine.calls[0].version == version


def test_two_different_versions_are_a_conflict(knock: Knock) -> None:
    response = knock("POST", f"{PREDICTIONS}?version=1", {"input": GOOD, "version": 2})
    assert errors(response) == [("?version", "conflicting")]


@pytest.mark.parametrize(
    "version", ["0", "-1", "1.0", "one", "", "2147483648", "9" * 400, "%31%00", "%ff", "1&version=1", "²"]
)
def test_a_version_in_the_query_is_a_whole_number_given_once(knock: Knock, version: str) -> None:
    response = knock("POST", f"{PREDICTIONS}?version={version}", {"input": GOOD})
    assert (response.status, told(response)["code"]) == (422, "invalid_input")


def test_a_version_that_is_not_there_is_not_found(knock: Knock) -> None:
    for response in (
        knock("POST", f"{PREDICTIONS}?version=99", {"input": GOOD}),
        knock("POST", PREDICTIONS, {"input": GOOD, "version": 99}),
        knock("POST", PREDICTIONS, {"input": GOOD, "version": -(2**63)}),
    ):
        assert (response.status, told(response)["code"]) == (404, "unknown_version")


@pytest.mark.parametrize("sent", [{"input": GOOD}, {"input": 1}, {"rows": []}])
def test_an_endpoint_that_is_not_there_is_not_found_whatever_is_sent(knock: Knock, sent: object) -> None:
    response = knock("POST", "/v1/endpoints/outcome/predictions", sent)
    assert (response.status, told(response)["code"]) == (404, "unknown_endpoint")


@pytest.mark.parametrize("error", [Overloaded(), NotReady()])
def test_who_cannot_be_answered_now_is_told_when_to_come_again(knock: Knock, error: Exception) -> None:
    knock.engine.fails = error
    response = knock("POST", PREDICTIONS, {"input": GOOD})
    assert (response.status, header(response, "retry-after")) == (503, "1")


def test_an_idempotency_key_goes_with_the_call(knock: Knock) -> None:
    knock("POST", PREDICTIONS, {"input": GOOD}, idempotency_key='"8e03978e"')
    assert knock.engine.calls[0].idempotency_key == '"8e03978e"'


@pytest.mark.parametrize("key", ["", " ", "a b", "a, b", "é", "a\x00", "a\tb", "x" * 256])
def test_an_idempotency_key_is_visible_ascii(knock: Knock, key: str) -> None:
    response = knock("POST", PREDICTIONS, {"input": GOOD}, idempotency_key=key)
    assert errors(response) == [("Idempotency-Key", "wrong_type")]


def test_a_large_body_is_read_as_a_small_one_is(knock: Knock) -> None:
    sent = {"rows": [{"input": GOOD | {"note": "x" * 800}}] * 100}
    assert len(told(knock("POST", PREDICTIONS, sent))["predictions"]) == 100


def test_an_entity_is_answered_and_nobody_keeps_a_copy(knock: Knock) -> None:
    response = knock("GET", "/v1/endpoints/income/entities/4711/prediction")
    assert (response.status, told(response)["arm"]) == (200, "champion")
    assert header(response, "cache-control") == "no-store"


def test_an_entity_is_answered_with_the_reasons_that_are_asked_for(knock: Knock) -> None:
    place = "/v1/endpoints/income/entities/4711/prediction"
    assert "reasons" not in told(knock("GET", place))
    assert [each["field"] for each in told(knock("GET", f"{place}?reasons=1"))["reasons"]["parts"]] == [
        "education"
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("reasons=0", "wrong_type"),
        ("reasons=many", "wrong_type"),
        ("reasons=1&counterfactuals=11", "wrong_type"),
        ("counterfactuals=1", "missing"),
        ("reasons=1&reasons=2", "conflicting"),
        ("version=1", "unknown_field"),
    ],
)
def test_what_an_entity_cannot_be_asked_beside_is_refused(knock: Knock, query: str, code: str) -> None:
    response = knock("GET", f"/v1/endpoints/income/entities/4711/prediction?{query}")
    assert (response.status, told(response)["errors"][0]["code"]) == (422, code)
    assert not knock.engine.stored


def test_rows_that_are_refused_anyway_are_checked_off_the_event_loop(knock: Knock) -> None:
    knock("POST", PREDICTIONS, {"rows": [{"input": GOOD}, {"bad": 1}]})
    assert knock.engine.checked_in
    assert threading.get_ident() not in knock.engine.checked_in


def test_a_body_of_nothing_but_mistakes_is_not_told_them_all(knock: Knock) -> None:
    rows = [{f"x{n}": 1 for n in range(400)} for _ in range(9)]
    document = told(knock("POST", PREDICTIONS, {"rows": rows}))
    assert (len(document["errors"]), document["errors_left_out"] < 100) == (1000, True)
