"""Styles and scripts: read once from their packages, each under its own digest."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

# Not Django's static files: a guest's project would need settings for them.
SWAGGER = "static/drf_spectacular_sidecar/swagger-ui-dist"
PLACES = {
    "console.css": ("flyball.console", "static/console.css"),
    "console.js": ("flyball.console", "static/console.js"),
    "described.js": ("flyball.console", "static/described.js"),
    "swagger-ui.css": ("drf_spectacular_sidecar", f"{SWAGGER}/swagger-ui.css"),
    "swagger-ui.js": ("drf_spectacular_sidecar", f"{SWAGGER}/swagger-ui-bundle.js"),
    "htmx.js": ("django_htmx", "static/django_htmx/htmx-2.min.js"),
}
"""Where each is: a package, and a path in it."""
DIGITS = 16
"""Of a digest: enough to tell contents apart."""
FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file as it is handed out."""

    digest: str
    body: bytes
    media_type: str


@cache
def asset(name: str) -> Asset:
    """The asset of a name. Raises ``KeyError``."""
    package, path = PLACES[name]
    body = files(package).joinpath(path).read_bytes()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(hashlib.sha256(body).hexdigest()[:DIGITS], body, f"{kind}; charset=utf-8")


def address(name: str) -> str:
    """Where an asset is found: another content has another address, so it may be kept for ever."""
    return reverse("flyball-asset", kwargs={"digest": asset(name).digest, "name": name})


def hand_out(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """The asset, for everybody."""
    if name not in PLACES or asset(name).digest != digest:
        raise Http404
    found = asset(name)
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(found.body, content_type=found.media_type, headers=headers)
