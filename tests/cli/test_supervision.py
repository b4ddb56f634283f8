"""Servers that are killed, kept waiting, started twice or stopped in a hurry."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial

import httpx
import pytest

from tests.cli.test_projects import serving
from tests.shell import HTTP, PATIENCE, Server, Shell, processes_of, workers_of

BIG = 32 * 1024 * 1024
"""More than the buffers of a connection hold, so that a server waits for its reader (bytes)."""
APPLICATION = f'''
"""An ASGI application with one answer that is large and one that never comes."""

import asyncio
import pathlib
from django.core.asgi import get_asgi_application

django = get_asgi_application()
BIG = b"." * {BIG}

async def lifespan(receive, send):
    await receive()
    await send({{"type": "lifespan.startup.complete"}})
    await receive()
    pathlib.Path("ended").write_text("in order")
    await send({{"type": "lifespan.shutdown.complete"}})

async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    if scope["path"] == "/for-ever":
        await asyncio.Event().wait()
    body = BIG if scope["path"] == "/big" else b"ok"
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": body}})
'''


@pytest.fixture
def bare(bare: Shell) -> Shell:
    """A project with tables, without an endpoint, with one second to drain."""
    return Shell(bare.directory, {"FLYBALL_DRAIN_SECONDS": "1"})


@pytest.fixture
def large(bare: Shell) -> Shell:
    """The same with an application of its own that gives large answers."""
    (bare.directory / "hello" / "asgi.py").write_text(APPLICATION)
    settings = bare.directory / "hello" / "settings.py"
    settings.open("a").write('\nASGI_APPLICATION = "hello.asgi.application"\n')
    return bare


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def answers(server: Server) -> bool:
    try:
        return HTTP.get(f"{server.url}/v1/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


def test_a_worker_that_is_killed_again_and_again_comes_back(bare: Shell) -> None:
    with bare.up() as server:
        for _ in range(4):
            until(lambda: workers_of(server.process), "a worker")
            (killed,) = workers_of(server.process)
            os.kill(killed, signal.SIGKILL)
            until(lambda killed=killed: killed not in workers_of(server.process), "its end")  # type: ignore[misc]  # bound now
            until(lambda: answers(server), "an answer")  # and at once the next one is killed
        assert processes_of(server.process)


@contextmanager
def slow_reader(port: int, path: str) -> Iterator[socket.socket]:
    """A client that has asked, and takes its answer a byte at a time."""
    with closing(socket.socket()) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", port))
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert path == "/for-ever" or line.recv(1)
        yield line


@pytest.mark.parametrize("path", ["/big", "/for-ever"])
def test_no_client_holds_a_process_that_is_told_to_end(large: Shell, path: str) -> None:
    with large.up() as server, slow_reader(large.port, path) as line:
        os.kill(server.process, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while processes_of(server.process) and time.monotonic() < deadline:
            if path == "/big":
                line.recv(1)
            time.sleep(0.01)
        assert processes_of(server.process) == []
        assert (large.directory / "ended").read_text() == "in order"


def test_a_worker_whose_server_was_killed_is_held_by_no_client_either(large: Shell) -> None:
    with large.up() as server, slow_reader(large.port, "/big"):
        os.kill(server.process, signal.SIGKILL)
        until(lambda: not processes_of(server.process), "the end of every process")
        assert (large.directory / "ended").exists()


@pytest.mark.parametrize("command", ["serve", "web"])
def test_each_plane_alone_ends_in_time_too(bare: Shell, command: str) -> None:
    with serving(bare, command), socket.create_connection(("127.0.0.1", bare.port)) as line:
        line.sendall(b"POST /v1/endpoints/late/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Le")
    # ``serving`` has waited for the end, though the request never came whole.


def test_a_second_ctrl_c_ends_everything_at_once(large: Shell) -> None:
    patient = Shell(large.directory, {"FLYBALL_DRAIN_SECONDS": "3600"}, port=large.port)
    with patient.up() as server, slow_reader(large.port, "/big"):
        os.kill(server.process, signal.SIGINT)
        time.sleep(0.5)
        os.kill(server.process, signal.SIGINT)
        until(lambda: not processes_of(server.process), "the end of every process")


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM], ids=["a terminal", "a service manager"])
def test_an_idle_server_ends_where_each_process_is_told(bare: Shell, told: signal.Signals) -> None:
    patient = Shell(bare.directory, {"FLYBALL_DRAIN_SECONDS": "3600"})
    with patient.up() as server:
        assert answers(server)
        os.killpg(server.process, told)
        until(lambda: not processes_of(server.process), "the end of every process")


def test_ctrl_c_twice_before_the_first_answer_leaves_no_traceback(bare: Shell) -> None:
    shutil.rmtree(bare.directory / ".flyball")  # as before the first start
    server = subprocess.Popen(
        ["flyball", "up"],
        cwd=bare.directory,
        env=bare.environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell in the background ignores Ctrl-C, and so would whatever it starts.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert server.stderr is not None
    server.stderr.readline()  # "Migrating the database."
    for _ in range(2):
        os.killpg(server.pid, signal.SIGINT)
        time.sleep(0.2)
    said = server.communicate(timeout=PATIENCE)[1]
    assert "Traceback" not in said
    assert processes_of(server.pid) == []


def test_a_second_server_of_one_project_says_where_the_first_is(bare: Shell) -> None:
    with bare.up() as server:
        other = Shell(bare.directory, bare.settings)
        said = other.run("flyball", "up", exits=1).stderr
        assert server.url in said
        assert answers(server)


def test_a_port_that_is_taken_is_named_before_anything_is_built(bare: Shell) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", bare.port))
        other.listen()
        assert f"Port {bare.port}" in bare.run("flyball", "up", exits=1).stderr
    assert not (bare.directory / ".flyball" / "owner.key").exists()


def test_a_server_whose_application_never_loads_gives_up_and_says_so(large: Shell) -> None:
    (large.directory / "hello" / "asgi.py").write_text("1 / 0\n")
    shell = Shell(large.directory, {"FLYBALL_GIVE_UP_SECONDS": "3"}, port=large.port)
    said = shell.run("flyball", "up", exits=1).stderr
    assert "never answered" in said
