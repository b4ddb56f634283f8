"""The data plane's door as a Django view, for projects that serve everything through Django."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from flyball import inprocess
from flyball.api.problems import as_django
from flyball.api.view import outside_transactions
from flyball.api.wrong_keys import WRONG_KEYS
from flyball.domain.errors import BodyTooLarge
from flyball.serving.http.door import Door
from flyball.serving.http.messages import Request, Response
from flyball.serving.http.problems import problem


# Django refuses to run an asynchronous view in a transaction, and the recorder commits by itself anyway.
@outside_transactions
@csrf_exempt  # no cookie opens this door: a key in a header does
async def door(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer what came to ``v1/`` and ``rest``, wherever the project has put Flyball."""
    plane = await inprocess.adata_plane()
    served = Door(plane.engine, plane.config, wrong=WRONG_KEYS)
    admitted = served.admit(_message(request, rest, b""), is_large=True)
    if isinstance(admitted, Response):
        return as_django(admitted)
    body = request.read(served.body_limit + 1)
    if len(body) > served.body_limit:
        return as_django(problem(BodyTooLarge()))
    return as_django(await served.answer(admitted, _message(request, rest, body)))


def _message(request: HttpRequest, rest: str, body: bytes) -> Request:
    return Request(
        method=request.method or "",
        path=_path(request, f"v1/{rest}"),
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        peer=request.META.get("REMOTE_ADDR") or "",
    )


def _path(request: HttpRequest, decoded: str) -> str:
    """The path from ``/v1/`` on as it was sent: once decoded, a slash in an entity's key is lost."""
    raw = getattr(request, "scope", {}).get("raw_path") or b""
    prefix = request.path.removesuffix(decoded)
    sent: str = "/" + raw.decode("latin-1").partition("?")[0].split("/", prefix.count("/"))[-1]
    return sent if sent.startswith("/v1/") else "/" + quote(decoded)
