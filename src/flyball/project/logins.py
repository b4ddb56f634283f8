"""Signing in with a password: so many wrong ones are let through, by address, then none for a while."""

from __future__ import annotations

import threading
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from flyball.domain.errors import TooManyTries
from flyball.domain.tries import Tries, network

SECONDS = 300.0
"""How long a wrong password counts."""
BY_NAME = Tries(most=5, seconds=SECONDS)
"""Wrong passwords for one name from one address, or from one browser that is known."""
BY_ADDRESS = Tries(most=20, seconds=SECONDS)
"""Wrong passwords from one address, whatever the name."""
KNOWN = "flyball_known"
"""The cookie of a browser in which somebody has signed in: it is not counted with its address."""
KNOWN_SECONDS = 90 * 24 * 3600
LONGEST_NAME = 150
PATIENCE = 5.0
"""How long a try waits for those before it (seconds)."""

# A check takes a processor for a third of a second: whoever has no password gets one processor, not all.
_checking = threading.Lock()


class LimitedBackend(ModelBackend):
    """Django's own backend, which looks at no more passwords than ``BY_NAME`` and ``BY_ADDRESS`` let through.

    A browser that is known has a count of its own, so that nobody else behind its address can lock it out.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> Any:
        """The user of a name and password, or ``None``. Raises ``PermissionDenied`` after too many tries."""
        if request is None:
            return super().authenticate(request, username, password, **more)
        counts = _counts(request, username or "")
        _refuse(request, counts)
        if not _checking.acquire(timeout=PATIENCE):
            _refuse(request, counts, PATIENCE)
        try:
            _refuse(request, counts)  # others with the same address may have failed meanwhile
            user = super().authenticate(request, username, password, **more)
            for tries, key in counts if user is None else ():
                tries.fail(key)
        finally:
            _checking.release()
        if user is not None:
            BY_NAME.forget(counts[0][1])
            request.flyball_known = user.get_username()  # type: ignore[attr-defined]  # for the middleware
        return user

    async def aauthenticate(self, request: HttpRequest | None, *arguments: Any, **more: Any) -> Any:
        """The same, for asynchronous views."""
        return await sync_to_async(self.authenticate)(request, *arguments, **more)


class LoginMiddleware(MiddlewareMixin):
    """Answers 429 where there were too many tries, and remembers the browser where somebody signed in."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """The answer as it leaves."""
        wait = getattr(request, "flyball_wait", None)
        if wait is not None:
            too_many = TooManyTries(wait)
            sentence = f"{too_many.detail} Try again in {too_many.seconds} seconds."
            headers = {"Retry-After": str(too_many.seconds), "Cache-Control": "no-store"}
            return HttpResponse(sentence, content_type="text/plain", status=429, headers=headers)
        name = getattr(request, "flyball_known", None)
        if name is not None:
            response.set_cookie(
                KNOWN,
                signing.dumps(name, salt=KNOWN),
                max_age=KNOWN_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response


def _counts(request: HttpRequest, username: str) -> list[tuple[Tries, str]]:
    """Which counts a try belongs to, each with its key."""
    name = username[:LONGEST_NAME]
    if _is_known(request, username):
        return [(BY_NAME, f"known {name}")]
    address = network(request.META.get("REMOTE_ADDR") or "")
    return [(BY_NAME, f"{address} {name}"), (BY_ADDRESS, address)]


def _is_known(request: HttpRequest, username: str) -> bool:
    try:
        known = signing.loads(request.COOKIES.get(KNOWN, ""), salt=KNOWN, max_age=KNOWN_SECONDS)
    except signing.BadSignature:
        return False
    return bool(known == username)


def _refuse(request: HttpRequest, counts: list[tuple[Tries, str]], least: float = 0) -> None:
    wait = max(least, *(tries.wait(key) for tries, key in counts))
    if wait:
        request.flyball_wait = wait  # type: ignore[attr-defined]  # for the middleware
        raise PermissionDenied
