"""Stored predictions and their outcomes through the door."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from flyball.serving.http.handlers import LARGEST_PAGE
from tests.serving.doors import GOOD, OUTCOMES, PREDICTIONS, Knock, errors, header, told

ID = UUID(int=1)
PREDICTION = f"/v1/predictions/{ID}"
OUTCOME = f"{PREDICTION}/outcome"
CSV = "text/csv"


@pytest.fixture
def stored(knock: Knock) -> Knock:
    """A door behind which one prediction is stored."""
    knock("POST", PREDICTIONS, {"input": GOOD, "reference": "a", "entity": {"customer_id": 4711}})
    return knock


def test_a_stored_prediction_is_told_whole(stored: Knock) -> None:
    response = stored("GET", PREDICTION, role="viewer")
    assert told(response) | {"output": None} == {
        "id": str(ID),
        "endpoint": "income",
        "version": 1,
        "arm": "champion",
        "output": None,
        "decision": None,
        "warnings": [],
        "route": 1,
        "reference": "a",
        "entity": {"customer_id": 4711},
        "input": {"age": 39, "hours-per-week": 40.0, "education": "Bachelors"}
        | {"relationship": None, "note": None},
        "created_at": "2026-01-31T12:00:00.000000Z",
        "latency": 730,
    }


@pytest.mark.parametrize(
    "identity", [str(UUID(int=2)), "1", "x", ID.hex, f"{{{ID}}}", f"urn:uuid:{ID}", "%00", "é"]
)
def test_an_id_that_is_not_there_or_no_id_is_not_found(stored: Knock, identity: str) -> None:
    assert stored("GET", f"/v1/predictions/{identity}").status == 404
    assert stored("POST", f"/v1/predictions/{identity}/outcome", {"value": ">50K"}).status == 404
    assert stored("DELETE", f"/v1/predictions/{identity}", role="owner").status == 404


ERASURES = "/v1/endpoints/income/erasures"


@pytest.mark.parametrize("person", [{"reference": "a"}, {"entity": {"customer_id": 4711}}])
def test_a_person_is_erased_by_reference_or_entity(stored: Knock, person: dict[str, Any]) -> None:
    assert stored("POST", ERASURES, person, role="member").status == 403
    answer = stored("POST", ERASURES, person, role="owner")
    assert told(answer) == {"predictions": 1, "outcomes": 0, "keys": 0, "copies": 0}
    assert stored("GET", PREDICTION).status == 410


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reference": "a", "entity": {"customer_id": 1}},
        {"reference": ""},
        {"entity": {"a": [1]}},
        {"x": 1},
    ],
)
def test_an_erasure_names_one_person_in_one_way(stored: Knock, body: dict[str, Any]) -> None:
    assert stored("POST", ERASURES, body, role="owner").status == 422
    assert stored("GET", PREDICTION).status == 200


def test_what_is_erased_is_gone_for_all(stored: Knock) -> None:
    response = stored("DELETE", PREDICTION, role="owner")
    assert (response.status, response.body, header(response, "content-type")) == (204, b"", None)
    for again in (stored("GET", PREDICTION), stored("POST", OUTCOME, {"value": ">50K"})):
        assert (again.status, told(again)["code"]) == (410, "erased")


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("reference=a", {"reference": "a"}),
        ("reference=a%2Fb+c", {"reference": "a/b c"}),
        ("entity=customer_id:4711", {"entity": {"customer_id": "4711"}}),
        ("entity=url:http://a&entity=b:", {"entity": {"url": "http://a", "b": ""}}),
        ("reference=a&endpoint=income&limit=1", {"reference": "a", "endpoint": "income", "limit": 1}),
        (f"reference=a&before={ID}", {"reference": "a", "before": ID}),
        ("endpoint=income&test=3", {"endpoint": "income", "test": 3}),
        (f"endpoint=income&test=3&before={ID}", {"endpoint": "income", "test": 3, "before": ID}),
    ],
)
def test_predictions_are_found_by_reference_entity_or_test(
    stored: Knock, query: str, asked: dict[str, Any]
) -> None:
    response = stored("GET", f"/v1/predictions?{query}", role="viewer")
    usual = {"endpoint": None, "reference": None, "entity": None, "test": None, "before": None, "limit": 100}
    assert (response.status, stored.engine.asked) == (200, usual | asked)


def test_a_full_page_says_where_the_next_one_begins(stored: Knock) -> None:
    stored("POST", PREDICTIONS, {"input": GOOD, "reference": "a"})
    assert told(stored("GET", "/v1/predictions?reference=a&limit=1"))["next"] == str(ID)
    assert told(stored("GET", "/v1/predictions?reference=a"))["next"] is None


@pytest.mark.parametrize(
    ("query", "place", "code"),
    [
        ("", "?reference", "missing"),
        ("reference=a&entity=b:1", "?reference", "missing"),
        ("reference=", "?reference", "wrong_length"),
        ("reference=a%00", "?reference", "wrong_type"),
        ("reference=a&reference=b", "?reference", "conflicting"),
        (f"reference={'x' * 256}", "?reference", "wrong_length"),
        ("reference=%ff", "?", "wrong_type"),
        ("&".join(f"a{number}=1" for number in range(40)), "?", "wrong_type"),
        ("entity=4711", "?entity", "wrong_type"),
        ("entity=:4711", "?entity", "wrong_type"),
        ("entity=a:%00", "?entity", "wrong_type"),
        (f"entity=a:{'x' * 1024}", "?entity", "wrong_type"),
        ("reference=a&before=1", "?before", "wrong_type"),
        ("reference=a&limit=0", "?limit", "wrong_type"),
        (f"reference=a&limit={LARGEST_PAGE + 1}", "?limit", "wrong_type"),
        ("reference=a&limit=-1", "?limit", "wrong_type"),
        ("reference=a&colour=red", "?colour", "unknown_field"),
        ("test=1", "?endpoint", "missing"),
        ("endpoint=income&test=0", "?test", "wrong_type"),
        ("endpoint=income&test=1&reference=a", "?reference", "missing"),
        ("endpoint=income", "?reference", "missing"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_with_its_place(
    stored: Knock, query: str, place: str, code: str
) -> None:
    response = stored("GET", f"/v1/predictions?{query}")
    assert response.status == 422
    assert (place, code) in errors(response)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_an_outcome_may_be_sent_in_three_ways_that_mean_the_same(stored: Knock, method: str) -> None:
    response = stored(method, OUTCOME, {"value": ">50K", "occurred_at": "2026-03-01"})
    assert told(response) == {"bound": 1, "held": 0, "ambiguous": 0, "unmatched": 0}
    (sent,) = stored.engine.sent
    assert (sent.prediction, sent.endpoint, sent.value) == (ID, "income", ">50K")
    assert sent.occurred_at == date(2026, 3, 1)
    stored(method, OUTCOME, {"value": ">50K", "occurred_at": "2026-03-01T00:00:00Z"})
    assert stored.engine.sent[-1].occurred_at == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, [("/value", "missing")]),
        ({"value": None}, [("/value", "missing")]),
        ({"value": "maybe"}, [("/value", "unknown_label")]),
        ({"value": ["maybe"]}, [("/value", "unknown_label")]),
        ({"value": ">50K", "occurred_at": "soon"}, [("/occurred_at", "wrong_type")]),
        ({"value": ">50K", "occurred_at": 1}, [("/occurred_at", "wrong_type")]),
        ({"label": ">50K"}, [("/label", "unknown_field"), ("/value", "missing")]),
        ([], [("", "wrong_type"), ("/value", "missing")]),
    ],
)
def test_an_outcome_that_does_not_fit_is_refused(
    stored: Knock, sent: object, expected: list[tuple[str, str]]
) -> None:
    response = stored("POST", OUTCOME, sent)
    assert (response.status, errors(response), stored.engine.sent) == (422, expected, [])


def test_many_outcomes_come_as_json(knock: Knock) -> None:
    sent = [
        {"prediction": str(ID), "value": ">50K"},
        {"reference": "a", "value": "<=50K"},
        {"entity": {"customer_id": 4711}, "value": ">50K", "occurred_at": "2026-03-01T00:00:00Z"},
    ]
    assert told(knock("POST", OUTCOMES, {"outcomes": sent}))["bound"] == 3
    by_id, by_reference, by_entity = knock.engine.sent
    assert (by_id.prediction, by_id.pointer, by_id.is_text) == (ID, "/outcomes/0", False)
    assert (by_reference.reference, by_reference.endpoint) == ("a", "income")
    assert by_entity.entity == {"customer_id": 4711}


BAD: list[tuple[str, object, list[tuple[str, str]]]] = [
    ("no list", {}, [("/outcomes", "missing")]),
    ("an object", {"outcomes": {}}, [("/outcomes", "wrong_type")]),
    ("nobody's", {"outcomes": [{"value": ">50K"}]}, [("/outcomes/0", "missing")]),
    (
        "two ways",
        {"outcomes": [{"value": ">50K", "reference": "a", "prediction": str(ID)}]},
        [("/outcomes/0", "conflicting")],
    ),
    (
        "an entity without a time",
        {"outcomes": [{"value": ">50K", "entity": {"id": 1}}]},
        [("/outcomes/0/occurred_at", "missing")],
    ),
    (
        "all at once",
        {"outcomes": [{"prediction": "1"}, 7, {"reference": "a", "value": ">50K", "x": 1}]},
        [
            ("/outcomes/0/value", "missing"),
            ("/outcomes/0/prediction", "wrong_type"),
            ("/outcomes/1", "wrong_type"),
            ("/outcomes/1", "missing"),
            ("/outcomes/1/value", "missing"),
            ("/outcomes/2/x", "unknown_field"),
        ],
    ),
    (
        "unknown labels",
        {"outcomes": [{"reference": "a", "value": 1}, {"reference": "b", "value": True}]},
        [("/outcomes/0/value", "unknown_label"), ("/outcomes/1/value", "unknown_label")],
    ),
]


@pytest.mark.parametrize(("why", "sent", "expected"), BAD, ids=[row[0] for row in BAD])
def test_outcomes_that_do_not_fit_are_refused_with_each_place(
    knock: Knock, why: str, sent: object, expected: list[tuple[str, str]]
) -> None:
    response = knock("POST", OUTCOMES, sent)
    assert (response.status, errors(response), knock.engine.sent) == (422, expected, []), why


def test_outcomes_come_as_csv_too(knock: Knock) -> None:
    body = "\ufeffreference, value,entity.id,occurred_at\r\na, >50K,,\r\n\r\n,<=50K,4711,2026-03-01\r\n"
    response = knock("POST", OUTCOMES, body.encode(), content_type=CSV)
    assert told(response)["bound"] == 2
    first, second = knock.engine.sent
    assert (first.reference, first.value, first.is_text, first.pointer) == ("a", ">50K", True, "/outcomes/0")
    assert (second.entity, second.occurred_at) == ({"id": "4711"}, date(2026, 3, 1))


@pytest.mark.parametrize(
    ("why", "body", "status"),
    [
        ("Latin-1", "reference,value\né,>50K".encode("latin-1"), 400),
        ("a column twice", b"reference,value,value\na,>50K,>50K", 400),
        ("too many cells", b"reference,value\na,>50K,c", 400),
        ("a quotation mark that never ends", b'reference,value\na,">50K', 400),
        ("a cell without an end", b"reference,value\na," + b"x" * 90_000 * 2, 413),
        ("nothing", b"", 422),
        ("no values", b"reference\na", 422),
        ("a column that nobody knows", b"reference,value,colour\na,>50K,red", 422),
        ("NUL", b"reference,value\na\x00,>50K", 422),
        ("an empty value", b"reference,value\na,", 422),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_refused(knock: Knock, why: str, body: bytes, status: int) -> None:
    assert knock("POST", OUTCOMES, body, content_type=CSV).status == status, why
    assert knock.engine.sent == []


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"reference,value\n\na,>50K,c", "Line 3 has more cells than the header."),
        (b'reference,value\na,>50K\nb,">50K', "Line 3 is not CSV."),
        (b'reference,value\na,>50K\nb,"x"y\nc,>50K', "Line 3 is not CSV."),
    ],
)
def test_a_line_that_is_no_csv_is_told_by_its_number(knock: Knock, body: bytes, detail: str) -> None:
    assert told(knock("POST", OUTCOMES, body, content_type=CSV))["detail"] == detail


def test_a_wrong_cell_is_told_by_its_line_though_others_are_empty(knock: Knock) -> None:
    body = b"reference,value,occurred_at\na,>50K,\n\n\nb,>50K,soon\n"
    assert errors(knock("POST", OUTCOMES, body, content_type=CSV)) == [
        ("/outcomes/3/occurred_at", "wrong_type")
    ]


def test_no_outcomes_are_none_at_all(knock: Knock) -> None:
    nothing = {"bound": 0, "held": 0, "ambiguous": 0, "unmatched": 0}
    assert told(knock("POST", OUTCOMES, {"outcomes": []})) == nothing
    assert told(knock("POST", OUTCOMES, b"reference,value\n", content_type=CSV)) == nothing


def test_status_is_what_the_engine_says(knock: Knock) -> None:
    assert told(knock("GET", "/v1/status", role="viewer")) == {
        "endpoints": {"income": {"route": 1}},
        "last_hour": {
            "income": {"answers": 3, "decisions": {}, "refusals": {}, "failures": {}, "fallbacks": {}}
        },
    }


@pytest.mark.parametrize("target", ["/v1/status", PREDICTION])
def test_a_parameter_that_is_not_there_is_refused(stored: Knock, target: str) -> None:
    assert errors(stored("GET", f"{target}?colour=red")) == [("?colour", "unknown_field")]
