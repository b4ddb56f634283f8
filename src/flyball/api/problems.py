"""Errors as RFC 9457 problem documents, with the codes that every door uses."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.views import set_rollback

from flyball import logs
from flyball.domain import errors
from flyball.domain.errors import FlyballError
from flyball.serving.http.messages import Response as Answer
from flyball.serving.http.problems import problem

logger = logging.getLogger(__name__)

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


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """The response for an error in a view; an unexpected one is logged by its place, without values."""
    set_rollback()
    known = _ours(error)
    if known is not None:
        return as_django(problem(known))
    place = "".join(traceback.format_tb(error.__traceback__))
    identity = logs.request_id({name.lower(): value for name, value in context["request"].headers.items()})
    with logs.about(request_id=identity):
        logger.error("%s in %s\n%s", type(error).__name__, type(context["view"]).__name__, place)
    return as_django(problem(FlyballError(), [("x-request-id", identity)]))


def as_django(answer: Answer) -> HttpResponse:
    """An answer of the doors as Django sends it."""
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))


def _ours(error: Exception) -> FlyballError | None:
    if isinstance(error, FlyballError):
        return error
    return next((ours() for theirs, ours in FOREIGN if isinstance(error, theirs)), None)
