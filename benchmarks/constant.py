"""A model that costs nothing, in the data plane; and a constant answer without one, for the same server."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flyball.domain.routing import Manifest
from flyball.domain.values import Scalar
from flyball.inference import runtime
from flyball.serving.app import native as engine

__all__ = ["engine"]

OUTPUT = {"label": "no", "probabilities": {"no": 0.7218456, "yes": 0.2781544}}
ANSWER = (
    b'{"id":"0198a4c7-5a3b-7c1e-8f6d-2b9e4a7c1d3f","endpoint":"income","version":1,"arm":"champion",'
    b'"output":{"label":"no","probabilities":{"no":0.7218456,"yes":0.2781544}},"decision":null,"warnings":[]}'
)
HEADERS = [("content-type", "application/json"), ("content-length", str(len(ANSWER)))]


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


class _Same:
    """Reads the body and answers: what no server under the same interface does sooner."""

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        await protocol()
        protocol.response_bytes(200, HEADERS, ANSWER)


constant = _Same()
