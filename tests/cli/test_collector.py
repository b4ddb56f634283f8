"""When the doors open: Python's collector of garbage, and what is loaded before anybody asks for it."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.shell import Shell

APPLICATION = '''
"""The doors beside Django, and how the collector of this process is."""

import asyncio
import gc
import json
import os

from django.core.asgi import get_asgi_application

from flyball.asgi import beside

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hello.settings")
doors = beside(get_asgi_application())


def collector():
    return {"frozen": gc.get_freeze_count(), "threshold": gc.get_threshold()}


async def application(scope, receive, send):
    if scope.get("path") != "/collector":
        return await doors(scope, receive, send)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(collector()).encode()})
'''
HOST = '''
"""A host that starts the application as ASGI says, and tells what that changed."""

import asyncio
import json

from hello import asgi

before = asgi.collector()
messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
told = []


async def receive():
    return messages.pop(0)


async def send(message):
    told.append((message["type"], asgi.collector() == before))


asyncio.run(asgi.application({"type": "lifespan"}, receive, send))
print(json.dumps(told))
'''
QUIET_HOST = '''
"""A host whose doors open, and whom nobody asks anything; says whether Django's addresses are loaded."""

import asyncio
import json
import sys

from django.conf import settings

from hello import asgi


async def receive():
    for _ in range(200 if opened else 0):
        if settings.ROOT_URLCONF in sys.modules:
            break
        await asyncio.sleep(0.05)
    return {"type": "lifespan.shutdown"} if opened else {"type": "lifespan.startup"}


async def send(message):
    opened.append(message["type"])


opened = []
asyncio.run(asgi.application({"type": "lifespan"}, receive, send))
print(json.dumps(settings.ROOT_URLCONF in sys.modules))
'''


@pytest.fixture
def guest(bare: Shell) -> Shell:
    """A project with an application of its own."""
    (bare.directory / "hello" / "asgi.py").write_text(APPLICATION)
    settings = bare.directory / "hello" / "settings.py"
    settings.open("a").write('\nASGI_APPLICATION = "hello.asgi.application"\n')
    return bare


def test_a_host_keeps_its_collector_when_the_doors_open(guest: Shell) -> None:
    (guest.directory / "host.py").write_text(HOST)
    said = guest.run("python", "host.py").stdout.splitlines()[-1]
    assert json.loads(said) == [["lifespan.startup.complete", True], ["lifespan.shutdown.complete", True]]


def test_addresses_are_loaded_before_a_request_has_the_event_loop_load_them(guest: Shell) -> None:
    (guest.directory / "host.py").write_text(QUIET_HOST)
    assert json.loads(guest.run("python", "host.py").stdout.splitlines()[-1])


def test_a_server_of_flyballs_own_looks_for_garbage_seldom(guest: Shell) -> None:
    with guest.up() as server:
        told = httpx.get(f"{server.url}/collector", trust_env=False).json()
    assert told["frozen"] > 0
    assert told["threshold"][0] == 5_000
