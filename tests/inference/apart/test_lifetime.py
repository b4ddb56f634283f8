"""A process ends with its runtime, with the server, and with nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sklearn.linear_model import LinearRegression

from flyball.domain.errors import Overloaded
from flyball.inference.apart.child import YIELDING
from flyball.inference.apart.processes import Processes
from tests.inference.apart.processes import ask, doubling, is_there, opened, process_of, until
from tests.inference.versions import version

ROOT = Path(__file__).parents[3]
SERVER = """
import os, sys, threading, time
from flyball.inference.apart.processes import Processes
from tests.inference.apart.own import HANGS
from tests.inference.apart.processes import ask, doubling, process_of

if __name__ == "__main__":
    processes = Processes(2)
    models = [doubling(processes), doubling(processes)]
    print(*map(process_of, models), flush=True)
"""
HANGING = """
    threading.Thread(target=ask, args=(models[1], HANGS), daemon=True).start()
    if os.fork() == 0:
        time.sleep(600)  # holds whatever this process has open
    print("hangs", flush=True)
    time.sleep(600)
"""
FORKING = """
    if os.fork() == 0:
        assert ask(models[0], 3.0) == [6.0]  # by a process of its own
        sys.exit(0)
    os.wait()
    print(ask(models[0], 4.0), *map(process_of, models), flush=True)
"""


@contextmanager
def server(what: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has two models, in a group of its own."""
    started = subprocess.Popen(
        [sys.executable, "-c", SERVER + what],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.communicate()


def said(started: subprocess.Popen[str]) -> list[str]:
    """The words of the next line that it prints."""
    assert started.stdout is not None
    return started.stdout.readline().split()


def test_the_process_ends_with_the_last_that_knows_its_runtime(processes: Processes) -> None:
    apart = doubling(processes)
    process = process_of(apart)
    del apart
    assert not processes._held
    until(lambda: not is_there(process))  # nor is a zombie left


def test_the_process_lets_the_server_go_first(processes: Processes) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, process_of(doubling(processes))) == min(own + YIELDING, 19)


def test_who_closes_them_ends_them_all_and_starts_none_any_more(processes: Processes) -> None:
    models = [doubling(processes), doubling(processes)]
    there = [process_of(each) for each in models]
    processes.close()
    assert not any(map(is_there, there))
    with pytest.raises(Overloaded):
        ask(models[0], 3.0)
    with pytest.raises(Overloaded):
        opened(processes, version(LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])))


def test_processes_end_with_a_server_that_is_killed_also_while_a_model_computes() -> None:
    with server(HANGING) as started:
        there = [int(each) for each in said(started)]
        assert said(started) == ["hangs"]
        assert all(map(is_there, there))
        started.kill()
        for each in there:
            until(lambda each=each: not is_there(each))  # type: ignore[misc] # mypy sees no default


def test_processes_end_with_a_server_that_ends() -> None:
    with server("") as started:
        there = [int(each) for each in said(started)]
        assert started.wait() == 0
        for each in there:
            until(lambda each=each: not is_there(each))  # type: ignore[misc] # as above


def test_a_fork_of_the_server_leaves_its_processes_alone() -> None:
    with server(FORKING) as started:
        there = said(started)
        assert said(started) == ["[8.0]", *there]
