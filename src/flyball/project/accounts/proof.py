"""When the reader has last proven who they are, and where they do so again."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.signals import authentication_step_completed
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

SECONDS = 600
"""How long a proof lasts."""
PROVEN = "flyball_proven"
"""In the session: the moment of the last proof (seconds since 1970)."""
NO_MEANS = (
    "Sign out, and in again, to prove that it is you: without a password or a code there is no other way."
)


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, **_: Any) -> None:
    request.session[PROVEN] = time.time()


@receiver(authentication_step_completed)
def _proved_again(request: HttpRequest, reauthenticated: bool = False, **_: Any) -> None:
    if reauthenticated:
        request.session[PROVEN] = time.time()


def has_proven(request: HttpRequest) -> bool:
    """Whether the reader has proven who they are within ``SECONDS``."""
    proven = float(request.session.get(PROVEN, 0))
    return proven <= time.time() < proven + SECONDS


def where(request: HttpRequest) -> str | None:
    """What the setting ``FLYBALL_PROOF`` names. Raises ``PermissionDenied`` for who has no means to."""
    if has_proven(request):
        return None
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied(NO_MEANS)
    return f"{methods[0]['url']}?{urlencode({'next': _back(request)})}"


def _back(request: HttpRequest) -> str:
    """The page itself; after a form, the page that it stands on."""
    if request.method in ("GET", "HEAD") and request.headers.get("HX-Request") != "true":
        return request.get_full_path()
    came = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came, {request.get_host()}):
        return "/"
    found = urlsplit(came)
    return f"{found.path}?{found.query}" if found.query else found.path
