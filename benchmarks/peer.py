"""The server one would write by hand: minimal ASGI, the pipeline, one committed row a request."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline
from skops import io as skops

Message = MutableMapping[str, Any]
_workers = ThreadPoolExecutor(4)
_own = threading.local()


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Decode, predict and insert in a worker thread, as a framework does with a plain ``def``."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    answer = await asyncio.get_running_loop().run_in_executor(_workers, _answer, body)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def _answer(body: bytes) -> bytes:
    row = json.loads(body)["input"]
    model = _model()
    probabilities = model.predict_proba(pd.DataFrame([row]))[0]
    output = dict(zip(model.classes_.tolist(), probabilities.tolist(), strict=True))
    answer = json.dumps({"id": str(uuid.uuid4()), "probabilities": output})
    with _connection() as connection:
        connection.execute("INSERT INTO prediction VALUES (?, ?)", (json.dumps(row), answer))
    return answer.encode()


@cache
def _model() -> Pipeline:
    path = Path(os.environ["PEER_HOME"]) / "model.skops"
    return skops.load(path, trusted=skops.get_untrusted_types(file=path))


def _connection() -> sqlite3.Connection:
    if not hasattr(_own, "connection"):
        _own.connection = sqlite3.connect(Path(os.environ["PEER_HOME"]) / "peer.sqlite3", timeout=60)
        _own.connection.execute("PRAGMA journal_mode = WAL")
        _own.connection.execute("PRAGMA synchronous = FULL")
        _own.connection.execute("CREATE TABLE IF NOT EXISTS prediction (input text, output text)")
    connection: sqlite3.Connection = _own.connection
    return connection
