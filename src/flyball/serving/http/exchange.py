"""One request through the door, whichever interface brings it: let in, read within bounds, answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from msgspec.structs import replace

from flyball.domain.errors import BodyTooSlow, FlyballError
from flyball.serving.http.deadline import Within
from flyball.serving.http.door import NO_BODY, Door
from flyball.serving.http.messages import Request, Response, check_one_length
from flyball.serving.http.problems import problem

LINGER_SECONDS = 2.0
"""How long a body that nobody will read may take to arrive."""
LINGER_SIZE = 16 * 1024
"""How large it may be: each connection may hold as much, before anybody knows whose it is (bytes)."""
SMALL = 64 * 1024
"""A body that is said to be larger, or of unknown length, is read only once the request is let in (bytes)."""
Take = Callable[[int], None]


class Body(Protocol):
    """A request's body as an interface brings it."""

    async def read(self, head: Request, limit: int, take: Take | None) -> bytes:
        """All of it, of at most ``limit`` bytes; of a large one each piece's size is given to ``take``.

        Raises ``BodyTooLarge``, ``MalformedBody`` where it was cut off.
        """

    async def drained(self, head: Request) -> bool:
        """Let a small one arrive, keep nothing of it, and say whether all of it has come."""


async def exchange(door: Door, head: Request, body: Body) -> Response:
    """The answer to one request."""
    if not _is_larger(head, SMALL):
        # Small ones are not counted: slow senders of large ones could keep everybody else out.
        return await _response(door, head, body, None)
    with door.budget.share() as take:
        return await _response(door, head, body, take)


def last(response: Response) -> Response:
    """The response, with the end of its connection."""
    # The rest of the body may be on its way: this connection cannot be used for another request.
    response.headers.append(("connection", "close"))
    return response


async def _response(door: Door, head: Request, body: Body, take: Take | None) -> Response:
    admitted = door.admit(head, is_large=take is not None)
    if isinstance(admitted, Response):
        return await _turned_away(admitted, head, body)
    takes = bool(admitted.path.takes)
    try:
        with Within(door.body_seconds if takes else LINGER_SECONDS):
            check_one_length(head.headers)
            sent = await body.read(head, door.body_limit if takes else NO_BODY, take)
    except TimeoutError:
        return last(problem(BodyTooSlow()))
    except FlyballError as error:
        return last(problem(error))
    return await door.answer(admitted, replace(head, body=sent) if sent else head)


async def _turned_away(response: Response, head: Request, body: Body) -> Response:
    """The answer, after what is left of a small body: a client that still writes might never read it."""
    if not _is_larger(head, LINGER_SIZE):
        with suppress(TimeoutError), Within(LINGER_SECONDS):
            if await body.drained(head):
                return response
    return last(response)


def _is_larger(head: Request, size: int) -> bool:
    """Whether the body is said to be larger, or of unknown length."""
    if "transfer-encoding" in head.headers:
        return True
    length = head.headers.get("content-length", "0")
    return not length.isdecimal() or len(length) > len(str(size)) or int(length) > size
