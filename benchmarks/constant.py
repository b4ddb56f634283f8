"""A model that costs nothing, in the data plane; and a constant answer without one, for the same server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from typing import Any

from flyball.domain.routing import Manifest
from flyball.domain.values import Scalar
from flyball.inference import runtime
from flyball.serving.app import application as engine

__all__ = ["engine"]

Message = MutableMapping[str, Any]
OUTPUT = {"label": "no", "probabilities": {"no": 0.7218456, "yes": 0.2781544}}
ANSWER = (
    b'{"id":"0198a4c7-5a3b-7c1e-8f6d-2b9e4a7c1d3f","endpoint":"income","version":1,"arm":"champion",'
    b'"output":{"label":"no","probabilities":{"no":0.7218456,"yes":0.2781544}},"decision":null,"warnings":[]}'
)
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


class Constant:
    """Answers every row alike."""

    direct = True

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        """The same output for each row."""
        return [OUTPUT for _ in rows]


def opened(manifest: Manifest, data: bytes, trusted: Collection[str]) -> Constant:
    """What the data plane loads for the artifact."""
    return Constant()


runtime.RUNTIMES["constant"] = "benchmarks.constant"


async def constant(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Read the body and answer: what no server under the same interface does sooner."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})
