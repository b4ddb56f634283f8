"""Errors as HTTP: each code's status, and the answer as RFC 9457 ``application/problem+json``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flyball.domain.errors import MOST_PROBLEMS, FlyballError, Problem, RateLimited, TooManyTries
from flyball.serving.http.messages import Headers, Response, json_response

STATUS = {
    "malformed_body": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "unknown_endpoint": 404,
    "unknown_version": 404,
    "unknown_entity": 404,
    "unknown_prediction": 404,
    "no_reasons": 404,
    "method_not_allowed": 405,
    "body_too_slow": 408,
    "conflict": 409,
    "confirmation_needed": 409,
    "policy_unmet": 409,
    "learned_from_period": 409,
    "too_many_held": 409,
    "job_lost": 409,
    "job_cancelled": 409,
    "job_ended": 409,
    "erased": 410,
    "retired": 410,
    "length_required": 411,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_input": 422,
    "idempotency_key_reused": 422,
    "declaration": 422,
    "data": 422,
    "build_failed": 422,
    "artifact_untrusted": 422,
    "too_many_tries": 429,
    "rate_limited": 429,
    "internal": 500,
    "model_failed": 500,
    "artifact_corrupt": 500,
    "golden_mismatch": 500,
    "database": 500,
    "unusable": 500,
    "overloaded": 503,
    "not_ready": 503,
    "too_late": 503,
    "no_room": 507,
}
"""The HTTP status of each error code."""
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""RFC 9110's names of statuses that Python before 3.13 calls otherwise: a title is the same everywhere."""
LONGEST_POINTER = 500
"""Characters of a pointer: it repeats names that were sent, which may be of any length."""


def problem(error: FlyballError, headers: Headers | None = None) -> Response:
    """The answer to a request that failed."""
    status = STATUS.get(error.code, 500)
    document: dict[str, Any] = {
        "title": title(status),
        "status": status,
        "code": error.code,
        "detail": error.detail,
    }
    if error.problems:
        document["errors"] = [as_json(one) for one in error.problems[:MOST_PROBLEMS]]
    if len(error.problems) > MOST_PROBLEMS:
        document["errors_left_out"] = len(error.problems) - MOST_PROBLEMS
    response = json_response(document, status, "application/problem+json")
    response.headers.extend([*_advice(error, status), *(headers or [])])
    return response


def title(status: int) -> str:
    """What a status is called."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def as_json(one: Problem) -> dict[str, str]:
    """A problem, or a warning, as it is sent."""
    # A name may hold half of a surrogate pair, which has no bytes in UTF-8.
    pointer = one.pointer[:LONGEST_POINTER].encode(errors="backslashreplace").decode()
    return {"pointer": pointer, "code": one.code, "detail": one.message}


def _advice(error: FlyballError, status: int) -> Headers:
    if isinstance(error, TooManyTries | RateLimited):
        return [("retry-after", str(error.seconds))]
    if status == HTTPStatus.UNAUTHORIZED:
        return [("www-authenticate", "Bearer")]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return [("retry-after", "1")]
    return []
