"""A door to knock at: requests as plain values, answers as JSON."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec

from flyball.config import Config
from flyball.serving.http.door import Door, Request, Response
from tests.fakes import KEYS, FakeEngine, as_engine

PREDICTIONS = "/v1/endpoints/income/predictions"
OUTCOMES = "/v1/endpoints/income/outcomes"
GOOD = {"age": 39, "hours-per-week": 40, "education": "Bachelors"}
CONFIG = Config(home=Path("/nowhere"), database_url="sqlite:///nowhere", body_limit=100_000)


class Knock:
    """Sends requests to a door with a fake engine behind it, as a member unless told otherwise."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        config = msgspec.structs.replace(CONFIG, trusted_proxies=("10.0.0.0/8",))
        self.door = Door(as_engine(self.engine), config)

    def __call__(
        self, method: str, target: str, body: object = None, *, role: str | None = "member", **headers: str
    ) -> Response:
        """The answer. ``body`` is bytes, or a value to send as JSON; underscores in headers are hyphens.

        ``peer`` is the address that asks, and no header.
        """
        path, _, query = target.partition("?")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if role is not None:
            sent.setdefault("authorization", f"Bearer {KEYS[role]}")
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        peer = sent.pop("peer", "127.0.0.1")
        request = Request(method=method, path=path, query=query, headers=sent, body=raw, peer=peer)
        return asyncio.run(self.door.handle(request))


def told(response: Response) -> Any:
    """The answer's JSON."""
    return json.loads(response.body)


def errors(response: Response) -> list[tuple[str, str]]:
    """The places and codes of a refusal."""
    return [(error["pointer"], error["code"]) for error in told(response)["errors"]]


def header(response: Response, name: str) -> str | None:
    """One header of the answer."""
    return dict(response.headers).get(name)
