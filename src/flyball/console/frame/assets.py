"""Styles and scripts: read once from their packages, each under its own digest."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from flyball.console.frame import vega

# Not Django's static files: a guest's project would need settings for them.
SWAGGER = "static/drf_spectacular_sidecar/swagger-ui-dist"
PLACES = {
    "console.css": ("flyball.console", "static/console.css"),
    "mark.svg": ("flyball.console", "static/mark.svg"),
    "console.js": ("flyball.console", "static/console.js"),
    "described.js": ("flyball.console", "static/described.js"),
    "swagger-ui.css": ("drf_spectacular_sidecar", f"{SWAGGER}/swagger-ui.css"),
    "swagger-ui.js": ("drf_spectacular_sidecar", f"{SWAGGER}/swagger-ui-bundle.js"),
    "asking.js": ("flyball.console", "static/asking.js"),
    "charts.js": ("flyball.console", "static/charts.js"),
    "htmx.js": ("django_htmx", "static/django_htmx/htmx-2.min.js"),
}
"""Where each is: a package, and a path in it."""
DIGITS = 16
"""Of a digest: enough to tell contents apart."""
FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file as it is handed out, as it is and packed."""

    digest: str
    body: bytes
    packed: bytes
    media_type: str


@cache
def asset(name: str) -> Asset:
    """The asset of a name. Raises ``KeyError``; also for the bundle of charts where it cannot be made."""
    if name == vega.NAME:
        made = vega.bundle() if vega.is_there() else None
        if made is None:
            raise KeyError(name)
        return _asset(name, made, vega.digest())
    package, path = PLACES[name]
    body = files(package).joinpath(path).read_bytes()
    return _asset(name, body, hashlib.sha256(body).hexdigest())


def address(name: str) -> str:
    """Where an asset is found: another content has another address, so it may be kept for ever."""
    # The bundle of charts is made when a browser asks for it: a page does not wait.
    digest = vega.digest()[:DIGITS] if name == vega.NAME else asset(name).digest
    return reverse("flyball-asset", kwargs={"digest": digest, "name": name})


def hand_out(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """The asset, for everybody."""
    try:
        found = asset(name)
    except KeyError:
        raise Http404 from None
    if found.digest != digest:
        raise Http404
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    body = found.packed if is_packed else found.body
    response = HttpResponse(body, content_type=found.media_type, headers=headers)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _asset(name: str, body: bytes, digest: str) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(digest[:DIGITS], body, gzip.compress(body, mtime=0), f"{kind}; charset=utf-8")
