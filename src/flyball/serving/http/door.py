"""The HTTP door: lets a request in or turns it away, and answers it; knows no server."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace

from flyball.config import Config
from flyball.domain.access import Principal
from flyball.domain.errors import (
    BodyTooLarge,
    FlyballError,
    MethodNotAllowed,
    Unauthenticated,
    UnsupportedMediaType,
)
from flyball.serving.engine import Engine
from flyball.serving.http.budget import BODIES, Budget
from flyball.serving.http.handlers import Visit
from flyball.serving.http.messages import Request, Response
from flyball.serving.http.paths import PATHS, Path, allowed, match
from flyball.serving.http.problems import STATUS, problem

__all__ = ["PATHS", "STATUS", "Door", "Request", "Response", "problem"]

NOBODY = Principal(team="", role="")
"""Who asks where everybody may."""

log = logging.getLogger("flyball.serving")


class Door:
    """Answers requests with an engine. May be shared by event loops.

    ``budget`` is for whoever reads large bodies for it.
    """

    def __init__(self, engine: Engine, config: Config) -> None:
        self.engine = engine
        self.body_limit = config.body_limit
        self.budget = Budget(BODIES * config.body_limit)

    async def handle(self, request: Request) -> Response:
        """The answer to a request, whatever happens."""
        try:
            visit, path = self._admit(request)
            response = await path.handler(visit)
        except FlyballError as error:
            return _refusal(error, request)
        except Exception as error:  # noqa: BLE001 - the door is the last stop; _broken logs it
            return _broken(error)
        return replace(response, body=b"") if request.method == "HEAD" else response

    def refusal(self, head: Request) -> Response | None:
        """The answer to a request that is turned away before its body is read; ``None`` for all others.

        So nobody without a key makes the server hold a large body, nor anybody while there is no room to
        record what it asks for: every path that takes a body writes.
        """
        try:
            _, path = self._admit(head)
            if path.takes:
                self.engine.check_room()
        except FlyballError as error:
            return _refusal(error, head)
        return None

    def _admit(self, request: Request) -> tuple[Visit, Path]:
        try:
            path, values = match(request.method, request.path)
        except FlyballError:
            self._principal(request)  # whoever has no key is not told which paths there are
            raise
        if path.role is None:
            return Visit(self.engine, NOBODY, request, values), path
        principal = self._principal(request)
        principal.require(path.role)
        _check_length(request, self.body_limit)
        _check_media_type(request, path)
        return Visit(self.engine, principal, request, values), path

    def _principal(self, request: Request) -> Principal:
        return self.engine.pool.table.keyring.principal(_key(request))


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
    if not path.takes:
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


def _refusal(error: FlyballError, request: Request) -> Response:
    if isinstance(error, MethodNotAllowed):
        return problem(error, [("allow", ", ".join(allowed(request.path)))])
    return problem(error)


def _broken(error: Exception) -> Response:
    # Only where it happened: the message of a database's error repeats values.
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s\n%s", type(error).__name__, frames)
    return problem(FlyballError("Something went wrong inside the server."))
