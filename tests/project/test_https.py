"""Cookies and headers of the ready-made project where people come by https, and where they do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SETTINGS = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_HTTPONLY")
PRINT = f"""
import json
from flyball.project import settings
print(json.dumps([bool(getattr(settings, name)) for name in {SETTINGS!r}]))
"""
WAYS: list[tuple[dict[str, str], bool]] = [
    ({}, False),
    ({"FLYBALL_HOST": "192.0.2.1"}, True),
    ({"FLYBALL_HOST": "192.0.2.1", "FLYBALL_HTTPS": "false"}, False),
    ({"FLYBALL_HTTPS": "true"}, True),
]


def python(code: str, home: Path, **environ: str) -> Any:
    """What a fresh process printed, as JSON."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLYBALL", "DJANGO"))}
    environment = {**kept, "FLYBALL_HOME": str(home), **environ}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(("environ", "is_secure"), WAYS)
def test_cookies_go_over_https_alone_where_the_address_is_not_local(
    environ: dict[str, str], is_secure: bool, tmp_path: Path
) -> None:
    assert python(PRINT, tmp_path, **environ) == [is_secure, is_secure, is_secure, True]


ASK = """
import asyncio, json
from flyball.project.asgi import django

async def ask(peer, said):
    sent = []
    arriving = [{"type": "http.request", "body": b"", "more_body": False}]
    async def receive():
        return arriving.pop() if arriving else await asyncio.Event().wait()
    async def send(message):
        sent.append(message)
    headers = [(b"host", b"localhost"), (b"x-forwarded-proto", said)]
    scope = {"type": "http", "method": "GET", "path": "/nowhere", "query_string": b"", "scheme": "http",
             "client": (peer, 7), "headers": headers}
    await django(scope, receive, send)
    return b"strict-transport-security" in {name.lower() for name, _ in sent[0]["headers"]}

async def main():
    return [await ask("10.0.0.1", b"https"), await ask("10.0.0.1", b"http"), await ask("10.0.0.2", b"https")]

print(json.dumps(asyncio.run(main())))
"""


def test_https_stays_https_where_a_trusted_proxy_says_that_it_was(tmp_path: Path) -> None:
    environ = {"FLYBALL_HTTPS": "true", "FLYBALL_TRUSTED_PROXIES": "10.0.0.1"}
    assert python(ASK, tmp_path, **environ) == [True, False, False]
