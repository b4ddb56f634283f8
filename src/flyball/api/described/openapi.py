"""``GET /api/openapi.json``: the management API as OpenAPI 3.1."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework.request import Request

from flyball.api.described.operations import described
from flyball.api.view import ManagementView

REVALIDATED = "private, no-cache"
"""Kept where it was read, and asked for again: there is no personal data in it."""


class Description(ManagementView):
    """The document, for everybody who has a key or is signed in."""

    roles = {"GET": "caller"}

    @described({"type": "object"})
    def get(self, request: Request) -> HttpResponse:
        """This document."""
        from flyball.api.described.schema import document  # spectacular is loaded where it is asked for

        text = document()
        answer = HttpResponse(text, content_type="application/json")
        answer["ETag"] = tag = quote_etag(hashlib.sha256(text).hexdigest())
        return get_conditional_response(request._request, etag=tag, response=answer) or answer

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer as it leaves: the document may be kept."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        if finished.status_code in {200, 304}:
            finished["Cache-Control"] = REVALIDATED
        return finished
