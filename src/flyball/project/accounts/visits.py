"""Around every answer: strict headers; around every session: an end when nobody uses it, and one at last."""

from __future__ import annotations

import logging
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from requests import RequestException

from flyball.console.frame.page import HEADERS, POLICY, sections

logger = logging.getLogger(__name__)

ADMIN = "/admin/"
ADMIN_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
"""The admin's own, laxer policy: its pages carry scripts inside, and nothing from another host either."""
FORMS = "form-action 'self';"
"""Of the console's policy."""
LONGEST_SECONDS = 14 * 24 * 3600
"""How long any session lasts."""
TOUCHED_SECONDS = 300
"""How old the last use that is noted may be: a page writes nothing more often."""
BEGAN, SEEN = "flyball_began", "flyball_seen"


class VisitMiddleware(MiddlewareMixin):
    """Sessions end, and answers say what a browser may do with them."""

    def process_request(self, request: HttpRequest) -> None:
        """Sign out whose session is over; note that it is used."""
        if "_auth_user_id" not in request.session:
            return
        now = time.time()
        if now - request.session.setdefault(BEGAN, now) > LONGEST_SECONDS:
            logout(request)
        elif now - request.session.get(SEEN, 0) > TOUCHED_SECONDS:
            request.session[SEEN] = now  # and so its end is put off

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A provider of sign-ins that does not answer is no mistake of ours."""
        if not isinstance(error, RequestException):
            return None
        logger.warning("The provider of sign-ins does not answer: %s.", type(error).__name__)
        return render(request, "socialaccount/authentication_error.html", status=502)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """The answer as it leaves."""
        if request.path.startswith(ADMIN):
            response.setdefault("Content-Security-Policy", ADMIN_POLICY)
        response.setdefault("Content-Security-Policy", _policy())
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response


def _policy() -> str:
    """The console's policy; a sign-in's form may also lead to the provider, where there is one."""
    issuer = urlsplit(settings.FLYBALL.oidc_issuer)
    allowed = f"form-action 'self' {issuer.scheme}://{issuer.netloc};" if issuer.netloc else FORMS
    return POLICY.replace(FORMS, allowed)


def around(request: HttpRequest) -> dict[str, Any]:
    """What the frame of allauth's pages shows, and whether browsers allow passkeys at this address."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    is_allowed = request.is_secure() or host == "localhost" or host.endswith(".localhost")
    return {"sections": sections(), "passkeys": is_allowed}
