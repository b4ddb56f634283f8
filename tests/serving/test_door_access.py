"""Who is let in, and what is turned away before anything is read."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest

from flyball.domain import errors as tree
from flyball.domain.access import ROLES
from flyball.domain.errors import FlyballError
from flyball.serving.http.door import PATHS, STATUS
from flyball.serving.http.messages import Request, Response
from tests.serving.doors import GOOD, OUTCOMES, PREDICTIONS, Knock, header, told

ID = str(UUID(int=1))
MAY = {
    # what a path asks for: which roles may
    "caller": {"caller", "member", "owner"},
    "viewer": {"viewer", "member", "owner"},
    "owner": {"owner"},
}


def target(path: str) -> str:
    """A path's template with values in it."""
    return path.replace("{endpoint}", "income").replace("{key}", "4711").replace("{id}", ID)


GUARDED = [(method, path.template, path.role) for path in PATHS if path.role for method in path.methods]


@pytest.mark.parametrize(("method", "path", "role"), GUARDED)
@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic ZmI6", "fb_member", "Bearer fb_member, x"],
)
def test_every_path_needs_a_key(knock: Knock, method: str, path: str, role: str, authorization: str) -> None:
    response = knock(method, target(path), role=None, authorization=authorization)
    assert (response.status, told(response)["code"]) == (401, "unauthenticated")
    assert header(response, "www-authenticate") == "Bearer"


@pytest.mark.parametrize(("method", "path", "role"), GUARDED)
def test_a_key_of_another_role_is_forbidden_what_the_path_asks_for(
    knock: Knock, method: str, path: str, role: str
) -> None:
    for asking in ROLES:
        response = knock(method, target(path), role=asking)
        if asking in MAY[role]:
            assert response.status not in {401, 403}
        else:
            assert (response.status, told(response)["code"]) == (403, "forbidden")


def test_a_caller_asks_and_says_what_happened_and_does_nothing_else() -> None:
    open_to_callers = {(method, path) for method, path, role in GUARDED if "caller" in MAY[role]}
    assert open_to_callers == {
        ("POST", "/v1/endpoints/{endpoint}/predictions"),
        ("GET", "/v1/endpoints/{endpoint}/entities/{key}/prediction"),
        ("POST", "/v1/predictions/{id}/outcome"),
        ("PUT", "/v1/predictions/{id}/outcome"),
        ("PATCH", "/v1/predictions/{id}/outcome"),
        ("POST", "/v1/endpoints/{endpoint}/outcomes"),
    }


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_spelled_in_any_case(knock: Knock, scheme: str) -> None:
    assert knock("GET", "/v1/status", role=None, authorization=f"{scheme} fb_viewer").status == 200


def test_health_is_for_everybody_and_says_nothing_else(knock: Knock) -> None:
    response = knock("GET", "/v1/health", role=None)
    assert (response.status, told(response)) == (200, {"status": "ok"})
    assert knock("HEAD", "/v1/health", role=None).body == b""


STRANGE = ["/", "/v1", "/v1/", "/v1/health/", "//v1/health", "/v1/endpoints//predictions", "/v2/health"]
STRANGE += [
    "/v1/endpoints/income/predictions/",
    "/v1/../v1/health",
    "/v1/%68ealth",
    "",
    "*",
    "/v1/health\x00",
]


@pytest.mark.parametrize("path", STRANGE)
def test_a_path_that_is_not_there_is_not_found_and_not_told_to_strangers(knock: Knock, path: str) -> None:
    response = knock("GET", path)
    assert (response.status, told(response)["code"]) == (404, "not_found")
    assert knock("GET", path, role=None).status == 401


@pytest.mark.parametrize("segment", ["%ff", "%00", "a%00b", "%ed%a0%80", "%c0%af"])
def test_a_segment_that_is_no_text_is_not_found(knock: Knock, segment: str) -> None:
    assert knock("GET", f"/v1/endpoints/income/entities/{segment}/prediction").status == 404


@pytest.mark.parametrize(
    ("segment", "key"),
    [("a%2Fb", "a/b"), ("%C3%A9", "é"), ("50%25", "50%"), ("a+b", "a+b"), ("%zz", "%zz"), ("..", "..")],
)
def test_a_segment_is_decoded_once_and_may_hold_a_slash(knock: Knock, segment: str, key: str) -> None:
    assert knock("GET", f"/v1/endpoints/income/entities/{segment}/prediction").status == 200
    assert [one.entity for one in knock.engine.stored.values()] == [{"customer_id": key}]


def test_a_key_longer_than_any_entity_is_unknown(knock: Knock) -> None:
    response = knock("GET", f"/v1/endpoints/income/entities/{'x' * 1025}/prediction")
    assert told(response)["code"] == "unknown_entity"


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
TEMPLATES = sorted({path.template for path in PATHS})


@pytest.mark.parametrize(("path", "method"), list(itertools.product(TEMPLATES, METHODS)))
def test_other_methods_are_not_allowed_and_the_answer_says_which_are(
    knock: Knock, path: str, method: str
) -> None:
    allowed = {method for known in PATHS if known.template == path for method in known.methods}
    response = knock(method, target(path), role="owner")
    if method in allowed:
        assert response.status != 405
    else:
        assert (response.status, told(response)["code"]) == (405, "method_not_allowed")
        assert header(response, "allow") == ", ".join(sorted(allowed))


@pytest.mark.parametrize("length", ["100001", "9" * 30, "9" * 10_000])
def test_a_body_that_says_it_is_too_large_is_refused(knock: Knock, length: str) -> None:
    response = knock("POST", PREDICTIONS, b"{}", content_length=length)
    assert (response.status, told(response)["code"]) == (413, "body_too_large")


def test_a_body_that_is_too_large_is_refused_whatever_it_says(knock: Knock) -> None:
    assert knock("POST", PREDICTIONS, b" " * 100_001, content_length="2").status == 413
    assert knock("POST", PREDICTIONS, b"{" + b" " * 99_999, content_length="100000").status == 400


OTHER_TYPES = ["text/plain", "application/x-www-form-urlencoded", "", "json", "text/csv"]
OTHER_TYPES += [
    "application/json; charset=latin-1",
    "application/json, application/json",
    "application/x-json",
]


@pytest.mark.parametrize("media_type", OTHER_TYPES)
def test_a_body_of_another_type_is_refused(knock: Knock, media_type: str) -> None:
    response = knock("POST", PREDICTIONS, {"input": GOOD}, content_type=media_type)
    assert (response.status, told(response)["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
def test_a_compressed_body_is_refused(knock: Knock, encoding: str) -> None:
    assert knock("POST", PREDICTIONS, {"input": GOOD}, content_encoding=encoding).status == 415


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/json; charset=utf-8", 'APPLICATION/JSON;charset="UTF-8"'],
)
def test_json_may_be_named_in_several_ways(knock: Knock, media_type: str) -> None:
    assert knock("POST", PREDICTIONS, {"input": GOOD}, content_type=media_type).status == 200


def test_csv_is_for_outcomes_only(knock: Knock) -> None:
    body = b"prediction,value\n"
    assert knock("POST", OUTCOMES, body, content_type="text/csv; header=present").status != 415
    assert knock("POST", PREDICTIONS, body, content_type="text/csv").status == 415


def test_a_large_body_is_turned_away_by_its_head_alone(knock: Knock) -> None:
    def refusal(**headers: str) -> int | None:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        response = knock.door.admit(Request(method="POST", path=PREDICTIONS, headers=sent))
        return response.status if isinstance(response, Response) else None

    assert refusal(content_length="90000") == 401
    assert refusal(authorization="Bearer fb_viewer") == 403
    assert refusal(authorization="Bearer fb_member", content_length="100001") == 413
    assert refusal(authorization="Bearer fb_member", content_type="text/plain") == 415
    assert refusal(authorization="Bearer fb_member", content_length="90000") is None


EVERY = [
    error for error in vars(tree).values() if isinstance(error, type) and issubclass(error, FlyballError)
]


@pytest.mark.parametrize("error", EVERY)
def test_every_error_code_has_a_status_and_an_answer(knock: Knock, error: type[FlyballError]) -> None:
    knock.engine.fails = error()
    response = knock("POST", PREDICTIONS, {"input": GOOD})
    document = told(response)
    assert (response.status, document["status"]) == (STATUS[error.code], STATUS[error.code])
    assert (document["code"], document["detail"]) == (error.code, error().detail)
    assert header(response, "content-type") == "application/problem+json"
    assert (header(response, "retry-after") is not None) == (response.status in {429, 503})


def test_each_status_belongs_to_a_code_that_exists() -> None:
    assert set(STATUS) == {error.code for error in EVERY}


def test_what_nobody_foresaw_is_an_internal_error_that_repeats_nothing(
    knock: Knock, caplog: pytest.LogCaptureFixture
) -> None:
    knock.engine.fails = RuntimeError("sesame-4711")
    response = knock("POST", PREDICTIONS, {"input": GOOD})
    assert (response.status, told(response)["code"]) == (500, "internal")
    assert "RuntimeError" in caplog.text
    assert "sesame" not in caplog.text + response.body.decode()


def test_an_internal_error_and_its_line_in_the_log_have_one_id(knock: Knock) -> None:
    knock.engine.fails = RuntimeError()
    sent = knock("POST", PREDICTIONS, {"input": GOOD}, **{"x-request-id": "req-7"})
    assert header(sent, "x-request-id") == "req-7"
    assert len(header(knock("POST", PREDICTIONS, {"input": GOOD}), "x-request-id") or "") == 36


def test_wrong_keys_are_told_to_wait_and_right_ones_never_are(knock: Knock) -> None:
    answers = [knock("GET", "/v1/status", role=None, authorization="Bearer wrong") for _ in range(31)]
    assert [answer.status for answer in answers] == [401] * 29 + [429] * 2
    assert told(answers[-1])["code"] == "too_many_tries"
    assert 0 < int(header(answers[-1], "retry-after") or 0) <= 60
    assert knock("GET", "/v1/status").status == 200
    assert knock("GET", "/v1/status", role=None).status == 401  # no key is no try
    assert knock("GET", "/v1/nowhere", role=None, authorization="Bearer wrong").status == 429


WRONG: list[tuple[str, dict[str, str], int]] = [
    ("the same network", {"peer": "2001:db8::2"}, 429),
    ("another", {"peer": "2001:db8:1::1"}, 401),
    ("behind a trusted proxy, the same", {"peer": "10.0.0.1", "x_forwarded_for": "2001:db8::3"}, 429),
    ("behind a trusted proxy, another", {"peer": "10.0.0.1", "x_forwarded_for": "192.0.2.7"}, 401),
    ("what a stranger says", {"peer": "2001:db8::1", "x_forwarded_for": "192.0.2.7"}, 429),
]


@pytest.mark.parametrize(("more", "status"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_keys_are_counted_by_who_sends_them(knock: Knock, more: dict[str, str], status: int) -> None:
    wrong = {"authorization": "Bearer wrong"}
    for _ in range(30):
        knock("GET", "/v1/status", role=None, peer="2001:db8::1", **wrong)
    assert knock("GET", "/v1/status", role=None, **wrong, **more).status == status


@pytest.mark.parametrize(("method", "path", "role"), GUARDED)
def test_no_answer_is_kept_on_the_way(knock: Knock, method: str, path: str, role: str) -> None:
    for asking in (role, None):
        assert header(knock(method, target(path), {}, role=asking), "cache-control") == "no-store"
