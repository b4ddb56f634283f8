"""Errors as RFC 9457 problem documents, with the codes that every door uses."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from flyball.domain import errors
from flyball.domain.errors import FlyballError

logger = logging.getLogger(__name__)

STATUS = {
    "malformed_body": 400,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "method_not_allowed": 405,
    "invalid_input": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "unknown_endpoint": 404,
    "unknown_version": 404,
    "unknown_entity": 404,
    "unknown_prediction": 404,
    "conflict": 409,
    "confirmation_needed": 409,
    "policy_unmet": 409,
    "not_ready": 503,
}

FOREIGN: tuple[tuple[type[Exception], type[FlyballError]], ...] = (
    (exceptions.NotAuthenticated, errors.Unauthenticated),
    (exceptions.AuthenticationFailed, errors.Unauthenticated),
    (exceptions.PermissionDenied, errors.Forbidden),
    (PermissionDenied, errors.Forbidden),
    (Http404, errors.NotFound),
    (exceptions.NotFound, errors.NotFound),
    (exceptions.MethodNotAllowed, errors.MethodNotAllowed),
    (exceptions.UnsupportedMediaType, errors.UnsupportedMediaType),
    (exceptions.ParseError, errors.MalformedBody),
)
"""What Django and REST Framework raise, as our own: their sentences may repeat what was sent."""


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """The response for an error in a view; an unexpected one is logged by its place, without values."""
    set_rollback()
    known = _ours(error)
    if known is None:
        place = "".join(traceback.format_tb(error.__traceback__))
        logger.error("%s in %s\n%s", type(error).__name__, type(context["view"]).__name__, place)
        known = FlyballError()
    return problem(known)


def problem(error: FlyballError) -> Response:
    """An error as a problem document."""
    status = STATUS.get(error.code, 500)
    body: dict[str, Any] = {"title": error.detail, "status": status, "code": error.code}
    if error.problems:
        body["errors"] = [
            {"pointer": one.pointer, "code": one.code, "detail": one.message} for one in error.problems
        ]
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return Response(body, status=status, headers=headers, content_type="application/problem+json")


def _ours(error: Exception) -> FlyballError | None:
    if isinstance(error, FlyballError):
        return error
    return next((ours() for theirs, ours in FOREIGN if isinstance(error, theirs)), None)
