"""Wrong keys that came through Django: counted by address, for all views of the process."""

from __future__ import annotations

from django.http import HttpRequest

from flyball.control.declarations.configured import configured
from flyball.domain.errors import TooManyTries
from flyball.domain.tries import network
from flyball.serving.http.door import wrong_keys
from flyball.serving.http.proxies import Proxies

WRONG_KEYS = wrong_keys()
"""The failures of this process."""


def count_wrong_key(request: HttpRequest) -> None:
    """Count one. Raises ``TooManyTries`` where there were too many from the address that asks."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    proxies = Proxies(configured().trusted_proxies)
    wait = WRONG_KEYS.fail(network(proxies.client(request.META.get("REMOTE_ADDR") or "", headers)))
    if wait:
        raise TooManyTries(wait)
