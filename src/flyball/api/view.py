"""What every view of the management API stands on: who asks, what they may, and how bodies are read."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import IO, Any, ClassVar, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from flyball.api import problems
from flyball.api.wrong_keys import count_wrong_key
from flyball.control.accounts import selectors as accounts
from flyball.control.accounts.selectors import Actor
from flyball.control.accounts.services import note_use
from flyball.control.declarations import selectors
from flyball.control.declarations.configured import configured
from flyball.control.declarations.models import Endpoint
from flyball.domain.errors import (
    BodyTooLarge,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    Problem,
    Unauthenticated,
)
from flyball.domain.schema import Schema, check
from flyball.domain.values import Scalar
from flyball.serving.http import wire

T = TypeVar("T")
View = Callable[..., Any]

PAGE = 100
"""Entries of a page, unless fewer are asked for."""
CHUNK = 1024 * 1024
"""Bytes of a file that are read and sent at a time."""


class KeyAuthentication(BaseAuthentication):
    """An API key as ``Authorization: Bearer``: it stands for one team."""

    def authenticate(self, request: Request) -> tuple[None, Actor] | None:
        """The key's actor; ``None`` without a bearer. Raises ``Unauthenticated``, ``TooManyTries``."""
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = accounts.key_of(text.strip())
        except Unauthenticated:
            count_wrong_key(request._request)  # never a right one: others may share that address
            raise
        note_use(key=key)
        return None, accounts.actor_of_key(key)

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


class MemberAuthentication(SessionAuthentication):
    """A signed-in user, who stands for every team they belong to."""

    def authenticate(self, request: Request) -> tuple[Any, Actor] | None:
        """The session's actor; unsafe methods need the CSRF token too."""
        found = super().authenticate(request)
        return None if found is None else (found[0], accounts.actor(found[0]))


class HasRole(BasePermission):
    """Allows what a view's ``roles`` name, and refuses every other method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the method is open to this actor. Raises ``Unauthenticated`` or ``MethodNotAllowed``."""
        actor(request)
        if view.role(request) is None:
            raise MethodNotAllowed
        return True


class StrictJson(BaseParser):
    """JSON by the same strict rules as the doors'."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The value of a body. Raises ``BodyTooLarge`` or ``MalformedBody``."""
        limit = configured().management_body_limit
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge
        return wire.parse(body)


class OnlyJson(DefaultContentNegotiation):
    """Answers are JSON whatever is asked for: a browser's ``Accept`` is no reason to refuse."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The one renderer there is."""
        return renderers[0], renderers[0].media_type


class ManagementView(APIView):
    """One subject of the API. ``roles`` says for each method which role it takes."""

    authentication_classes = [KeyAuthentication, MemberAuthentication]
    permission_classes = [HasRole]
    parser_classes = [StrictJson]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = OnlyJson
    throttle_classes = []
    versioning_class = None
    schema = None  # a guest's own document does not list it: ``described/`` does
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    roles: ClassVar[Mapping[str, str]] = {}

    def role(self, request: Request) -> str | None:
        """The role that this request takes; ``None`` where the method is refused."""
        return self.roles.get("GET" if request.method == "HEAD" else request.method or "")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in who may; PostgreSQL takes no NUL, and nothing is named with one."""
        super().initial(request, *args, **kwargs)
        if any("\x00" in value for value in kwargs.values() if isinstance(value, str)):
            raise NotFound

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer as it leaves: it may hold personal data, so nothing on the way keeps a copy."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished["Cache-Control"] = "no-store"
        return finished

    def get_exception_handler(self) -> Callable[..., Any]:
        """Ours, whatever the project's REST Framework is set to."""
        return problems.handle

    def endpoint(self, request: Request, name: str) -> Endpoint:
        """The endpoint of a name, for an actor with the method's role.

        Raises ``UnknownEndpoint``, in the same words for one that belongs to another team; ``Forbidden``.
        """
        return selectors.visible_endpoint(actor(request), name, self.role(request) or "owner")


def actor(request: Request) -> Actor:
    """Who asks. Raises ``Unauthenticated``."""
    asking: object = request.auth
    if not isinstance(asking, Actor):
        raise Unauthenticated
    return asking


def body(request: Request, schema: Schema, besides: Collection[str] = ()) -> dict[str, Scalar]:
    """The checked fields of a body. Raises ``InvalidInput`` with every problem and its place.

    ``besides`` are fields that the view itself looks at: those that are not one value.
    """
    if not isinstance(request.data, dict):
        raise InvalidInput("Expected an object.", problems=[Problem("", "wrong_type", "Expected an object.")])
    checked = check(schema, {name: value for name, value in request.data.items() if name not in besides})
    if checked.problems:
        raise InvalidInput("The body does not fit.", problems=checked.problems)
    return checked.values


def whole(text: str) -> int | None:
    """The whole number that a text is, if it is one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def page(
    request: Request,
    every: QuerySet[Any],
    field: str,
    read: Callable[[str], object | None] = whole,
    expected: str = "a whole number",
) -> list[Any]:
    """One page of a list, newest first: ``before`` is the last ``field`` of the page before it.

    ``read`` reads that field from a text; ``expected`` says what is sent. Raises ``InvalidInput``.
    """
    before, limit = _asked(request, "before", read, expected), _asked(request, "limit", whole)
    if before is not None:
        every = every.filter(**{f"{field}__lt": before})
    return list(every.order_by(f"-{field}")[: min(limit or PAGE, PAGE)])


def outside_transactions(view: View) -> View:
    """Leave a view out of ``ATOMIC_REQUESTS``, whichever database has it: it waits for others long."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def streamed(request: Request, file: IO[bytes], kind: str) -> StreamingHttpResponse:
    """A file as the answer, from its beginning, in parts; it is closed with the answer."""
    file.seek(0)
    if not hasattr(request, "scope"):
        return FileResponse(file, content_type=kind)
    # Served by ASGI, Django would first read a plain file whole into memory.
    length = str(os.fstat(file.fileno()).st_size)
    return StreamingHttpResponse(_parts(file), content_type=kind, headers={"Content-Length": length})


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while part := await sync_to_async(file.read)(CHUNK):
            yield part


def _asked(
    request: Request, name: str, read: Callable[[str], T | None], expected: str = "a whole number"
) -> T | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    found = read(text)
    if found is None:
        problem = Problem(f"/{name}", "wrong_type", f"Expected {expected}.")
        raise InvalidInput("The query does not fit.", problems=[problem])
    return found
