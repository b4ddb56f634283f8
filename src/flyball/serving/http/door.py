"""The HTTP door: lets a request in or turns it away, and answers it; knows no server."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from msgspec.structs import replace

from flyball import logs
from flyball.config import Config
from flyball.domain.access import Principal
from flyball.domain.errors import (
    BodyTooLarge,
    FlyballError,
    MethodNotAllowed,
    NotFound,
    TooManyTries,
    Unauthenticated,
    UnsupportedMediaType,
)
from flyball.domain.tries import Tries, network
from flyball.serving.engine import Engine
from flyball.serving.http.budget import BODIES, Budget
from flyball.serving.http.handlers import Visit
from flyball.serving.http.messages import Request, Response
from flyball.serving.http.paths import PATHS, PREDICTING, Path
from flyball.serving.http.problems import STATUS, problem
from flyball.serving.http.proxies import Proxies

__all__ = ["PATHS", "STATUS", "Door", "Request", "Response", "problem"]

NOBODY = Principal(team="", role="")
"""Who asks where everybody may."""

MOST_WRONG_KEYS = 30
"""So many wrong keys from one address are answered with 401 in ``WRONG_KEYS_SECONDS``, then with 429."""
WRONG_KEYS_SECONDS = 60.0

NO_BODY = 64 * 1024
"""Largest body where none is read: nobody needs one there, and some of these are for everybody (bytes)."""

OFTEN = ("/predictions", "/outcomes")
"""Ends of paths that are asked again and again: they name an endpoint, never a person."""
_SEGMENTS: Mapping[str, list[str]] = {path.template: path.template.split("/") for path in PATHS}
_BY_LENGTH: Mapping[int, list[Path]] = {
    length: [path for path in PATHS if len(_SEGMENTS[path.template]) == length]
    for length in sorted({len(segments) for segments in _SEGMENTS.values()})
}

log = logging.getLogger("flyball.serving")


class Admitted(NamedTuple):
    """What is known of a request once it has been let in."""

    path: Path
    principal: Principal
    values: Mapping[str, str]


class Door:
    """Answers requests with an engine. May be shared by event loops.

    ``budget`` is for whoever reads large bodies for it; ``wrong`` counts wrong keys, for several doors.
    """

    def __init__(self, engine: Engine, config: Config, wrong: Tries | None = None) -> None:
        self.engine = engine
        self.body_limit = config.body_limit
        self.body_seconds = config.body_seconds
        self.budget = Budget(BODIES * config.body_limit)
        self._proxies = Proxies(config.trusted_proxies)
        self._wrong = wrong or wrong_keys()

    async def handle(self, request: Request) -> Response:
        """The answer to a request that has been read, whatever happens."""
        admitted = self.admit(request)
        if isinstance(admitted, Response):
            return admitted
        return await self.answer(admitted, request)

    def admit(self, head: Request, *, is_large: bool = False) -> Admitted | Response:
        """Who asks for what, or the answer to a request that is turned away before its body is read.

        So nobody without a key makes the server hold a body, nor anybody a large one while there is no room
        to record what it asks for: every path that takes a body writes.
        """
        try:
            admitted = self._admit(head)
            if is_large and admitted.path.takes:
                self.engine.check_room()
        except FlyballError as error:
            return _refusal(error, head)
        return admitted

    async def answer(self, admitted: Admitted, request: Request) -> Response:
        """The answer to a request that has been let in, whatever happens."""
        try:
            visit = Visit(self.engine, admitted.principal, request, admitted.values)
            response = await admitted.path.handler(visit)
        except FlyballError as error:
            self._count(admitted, error)
            return _refusal(error, request)
        except Exception as error:  # noqa: BLE001 - the door is the last stop; _broken logs it
            self._count(admitted, FlyballError())
            return _broken(error, request)
        return replace(response, body=b"") if request.method == "HEAD" else response

    def _admit(self, request: Request) -> Admitted:
        try:
            path, values = _match(request.method, request.path)
        except FlyballError:
            self._principal(request)  # whoever has no key is not told which paths there are
            raise
        principal = NOBODY if path.role is None else self._principal(request)
        if path.role:
            principal.require(path.role)
        _check_length(request, self.body_limit if path.takes else NO_BODY)
        _check_media_type(request, path)
        return Admitted(path, principal, values)

    def _count(self, admitted: Admitted, error: FlyballError) -> None:
        if admitted.path.handler in PREDICTING:
            endpoint = admitted.values["endpoint"]
            self.engine.count_refusal(admitted.principal, endpoint, error.code, error.of)

    def _principal(self, request: Request) -> Principal:
        key = _key(request)
        try:
            return self.engine.pool.table.keyring.principal(key)
        except Unauthenticated:
            # A right key is never kept waiting: others may share the address of who tries wrong ones.
            wait = self._wrong.fail(network(self._proxies.client(request.peer, request.headers)))
            if wait:
                raise TooManyTries(wait) from None
            raise


def wrong_keys() -> Tries:
    """Counts wrong keys, by address."""
    return Tries(most=MOST_WRONG_KEYS, seconds=WRONG_KEYS_SECONDS)


def _key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated
    return key.strip()


def _check_length(request: Request, limit: int) -> None:
    declared = request.headers.get("content-length", "")
    # A count of many digits is too large however it is read, and slow to read.
    is_over = declared.isdecimal() and (len(declared) > 18 or int(declared) > limit)
    if is_over or len(request.body) > limit:
        raise BodyTooLarge(f"The body is larger than {limit} bytes.")


def _check_media_type(request: Request, path: Path) -> None:
    if not path.takes or _is_plain(request.headers, path):
        return
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("The body may not be compressed.")
    media_type, _, parameters = request.headers.get("content-type", path.takes[0]).partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() not in path.takes or charset not in {
        "",
        "charset=utf-8",
        "header=present",
    }:
        raise UnsupportedMediaType(f"Expected {' or '.join(path.takes)}, in UTF-8.")


def _is_plain(headers: Mapping[str, str], path: Path) -> bool:
    return headers.get("content-type") in path.takes and "content-encoding" not in headers


def _refusal(error: FlyballError, request: Request) -> Response:
    if isinstance(error, MethodNotAllowed):
        return problem(error, [("allow", ", ".join(_allowed(request.path)))])
    return problem(error)


def _broken(error: Exception, request: Request) -> Response:
    # Only where it happened: the message of a database's error repeats values.
    frames = "".join(traceback.format_tb(error.__traceback__))
    identity = logs.request_id(request.headers)
    with logs.about(request_id=identity):
        log.error("%s\n%s", type(error).__name__, frames)
    return problem(FlyballError("Something went wrong inside the server."), [("x-request-id", identity)])


def _match(method: str, path: str) -> tuple[Path, Mapping[str, str]]:
    """A request's path, and the values in it, decoded. Raises ``NotFound``, ``MethodNotAllowed``."""
    return _known(method, path) if path.endswith(OFTEN) else _found(method, path)


def _found(method: str, path: str) -> tuple[Path, Mapping[str, str]]:
    segments = path.split("/")
    matching = _matching(segments)
    if not matching:
        raise NotFound("There is nothing at this path.")
    for known in matching:
        if method in known.methods:
            return known, _values(_SEGMENTS[known.template], segments)
    raise MethodNotAllowed


_known = lru_cache(1024)(_found)


def _allowed(path: str) -> list[str]:
    """The methods that a path takes."""
    return sorted({method for known in _matching(path.split("/")) for method in known.methods})


def _matching(segments: list[str]) -> list[Path]:
    return [path for path in _BY_LENGTH.get(len(segments), []) if _fits(_SEGMENTS[path.template], segments)]


def _fits(pattern: list[str], segments: list[str]) -> bool:
    for part, segment in zip(pattern, segments, strict=True):
        if part != segment and not (segment and part.startswith("{")):
            return False
    return True


def _values(pattern: list[str], segments: list[str]) -> dict[str, str]:
    values = {}
    for part, segment in zip(pattern, segments, strict=True):
        if part.startswith("{"):
            values[part[1:-1]] = _decoded(segment)
    return values


def _decoded(segment: str) -> str:
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise NotFound("There is nothing at this path.") from None
    if "\x00" in text:
        raise NotFound("There is nothing at this path.")
    return text
