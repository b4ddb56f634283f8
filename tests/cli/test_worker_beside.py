"""The worker of ``flyball up``: it comes with the server, comes back, and never outlives it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.jobs.workers import ROOT, lives, until
from tests.shell import HTTP, PATIENCE, Server, Shell, processes_of

ASK = """
from flyball.control.accounts.services import ensure_team
from flyball.control.jobs.services import ask
ask(kind="heavy", team=ensure_team(slug="default"), arguments={"pids": "pids"})
"""
LONG = "3600"
LEARNING = ("sklearn", "duckdb", "pyarrow", "pandas")


def patient(project: Shell) -> Shell:
    """A project with a kind of job whose first attempt never ends, and one second to drain."""
    installed = '\nINSTALLED_APPS += ["tests.jobs.work"]\n'
    (project.directory / "hello" / "settings.py").open("a").write(installed)
    own = {"FLYBALL_DRAIN_SECONDS": "1", "FLYBALL_JOB_LEASE_SECONDS": "1", "PYTHONPATH": str(ROOT)}
    return Shell(project.directory, own)


@pytest.fixture
def idle(bare: Shell) -> Shell:
    """Such a project, and nothing to do."""
    return patient(bare)


@pytest.fixture(scope="module")
def waiting(scaffold: Path, tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flyball's home there with such a job that waits, made once: whoever asks for one is a process."""
    folder = shutil.copytree(scaffold, tmp_path_factory.mktemp("waiting") / "hello")
    shutil.copytree(tables, folder / ".flyball")
    shell = patient(Shell(folder))
    shell.run("python", "manage.py", "shell", "--no-imports", "-c", ASK)
    return folder / ".flyball"


@pytest.fixture
def busy(idle: Shell, waiting: Path) -> Shell:
    """Such a project, and such a job that waits."""
    shutil.copy2(waiting / "flyball.sqlite3", idle.directory / ".flyball")
    return idle


def begun(shell: Shell) -> list[int]:
    """The process of the heavy job, and what it has started."""
    pids = shell.directory / "pids"
    until(pids.exists)
    return [int(pid) for pid in pids.read_text().split()]


def worker_of(server: int) -> int | None:
    for process in processes_of(server):
        if b"flyball.cli.servers.jobs_worker" in command_of(process):
            return process
    return None


def command_of(process: int) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def gone(server: Server, heavy: list[int]) -> bool:
    return not processes_of(server.process) and not any(map(lives, heavy))


def answers(port: int) -> bool:
    try:
        return HTTP.get(f"http://127.0.0.1:{port}/v1/health", timeout=PATIENCE).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def started(shell: Shell, *before: str) -> Iterator[subprocess.Popen[str]]:
    """``flyball up`` as a person starts it, until the block ends; then Ctrl-C."""
    server = subprocess.Popen(
        [*before, "flyball", "up"],
        cwd=shell.directory,
        env=shell.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield server
    finally:
        os.killpg(server.pid, signal.SIGINT)
        assert "Traceback" not in server.communicate(timeout=PATIENCE)[1]


def line_of(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    return server.stderr.readline()


def learns(process: int) -> bool:
    """Whether a process has loaded what models are learned with."""
    maps = Path(f"/proc/{process}/maps").read_text()
    return any(f"site-packages/{name}/" in maps for name in LEARNING)


def jobs(shell: Shell) -> list[dict[str, Any]]:
    """What was asked for. Read by ourselves: each command is a process, and some wait by looking."""
    path = shell.directory / ".flyball" / "flyball.sqlite3"
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as database:
        database.row_factory = sqlite3.Row
        found = database.execute(
            "SELECT * FROM flyball_job WHERE kind NOT IN ('diagnose', 'help')"
        ).fetchall()
    return [dict(job) for job in found]


def the_job(shell: Shell) -> dict[str, Any]:
    (job,) = jobs(shell)
    return job


def test_it_carries_out_what_is_asked_for_over_rest(migrated: Shell) -> None:
    with migrated.up(worker=True) as server:
        job = server.ask("POST", "/api/endpoints/late/snapshots", {})
        until(lambda: server.ask("GET", f"/api/jobs/{job['id']}")["status"] == "succeeded")


def test_killed_it_comes_back_and_its_job_goes_on(busy: Shell) -> None:
    with busy.up(worker=True) as server:
        heavy = begun(busy)
        killed = worker_of(server.process)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        until(lambda: the_job(busy)["status"] == "succeeded")
        assert the_job(busy)["attempt"] == 2
        assert not any(map(lives, heavy))
        assert worker_of(server.process) not in {None, killed}
        assert answers(busy.port)


def test_nothing_outlives_a_server_that_is_killed(busy: Shell) -> None:
    with Shell(busy.directory, {**busy.settings, "FLYBALL_DRAIN_SECONDS": LONG}).up(worker=True) as server:
        heavy = begun(busy)
        os.kill(server.process, signal.SIGKILL)
        until(lambda: gone(server, heavy))
        job = the_job(busy)
        assert (job["status"], job["attempt"]) == ("queued", 0)


@pytest.mark.parametrize(
    ("told", "everybody"),
    [
        pytest.param(signal.SIGINT, True, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, False, id="SIGTERM to the server"),
        pytest.param(signal.SIGTERM, True, id="SIGTERM to every process"),
        pytest.param(signal.SIGHUP, True, id="its terminal is closed"),
    ],
)
def test_told_to_end_all_end_and_the_job_waits_again(
    busy: Shell, told: signal.Signals, everybody: bool
) -> None:
    with busy.up(worker=True) as server:
        heavy = begun(busy)
        (os.killpg if everybody else os.kill)(server.process, told)
        until(lambda: gone(server, heavy))
        job = the_job(busy)
        assert (job["status"], job["attempt"], job["error"]) == ("queued", 0, "")


def test_a_second_ctrl_c_ends_it_at_once(busy: Shell) -> None:
    slow = Shell(busy.directory, {**busy.settings, "FLYBALL_DRAIN_SECONDS": LONG}, port=busy.port)
    with slow.up(worker=True) as server:
        heavy = begun(busy)
        os.killpg(server.process, signal.SIGINT)
        until(lambda: len(processes_of(server.process)) <= 3)  # the server's own process has ended
        os.killpg(server.process, signal.SIGINT)
        until(lambda: gone(server, heavy))


def test_what_it_says_when_it_ends_and_that_it_leaves_the_server_alone(idle: Shell) -> None:
    with started(idle) as server:
        for _ in range(3):
            until(lambda: worker_of(server.pid))
            os.kill(worker_of(server.pid) or 0, signal.SIGKILL)
            until(lambda: "The worker ended. It starts again in" in line_of(server))
        assert answers(idle.port)


@pytest.mark.parametrize("killed", [b"jobs_worker", b"spawn_main"], ids=["its worker", "the server"])
def test_where_nobody_reads_what_it_says_all_come_back_all_the_same(idle: Shell, killed: bytes) -> None:
    server = subprocess.Popen(
        ["flyball", "up"],
        cwd=idle.directory,
        env=idle.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )

    def process() -> int:
        return next((each for each in processes_of(server.pid) if killed in command_of(each)), 0)

    try:
        until(lambda: worker_of(server.pid))
        assert server.stderr is not None
        server.stderr.close()
        before = process()
        os.kill(before, signal.SIGKILL)
        until(lambda: process() not in {0, before} and worker_of(server.pid) and answers(idle.port))
    finally:
        os.killpg(server.pid, signal.SIGINT)
        assert server.wait(PATIENCE) == 0


def test_under_nohup_a_closed_terminal_ends_nothing(idle: Shell) -> None:
    with started(idle, "nohup") as server:
        until(lambda: worker_of(server.pid) and answers(idle.port))
        before = processes_of(server.pid)
        for _ in range(3):
            os.killpg(server.pid, signal.SIGHUP)
            time.sleep(0.2)
        assert processes_of(server.pid) == before
        assert answers(idle.port)


def test_that_processes_end_is_said_in_json_where_logs_are(idle: Shell) -> None:
    shell = Shell(idle.directory, {**idle.settings, "FLYBALL_LOG_FORMAT": "json"}, port=idle.port)
    with started(shell) as server:
        until(lambda: worker_of(server.pid))
        os.kill(worker_of(server.pid) or 0, signal.SIGKILL)
        until(lambda: "The worker ended." in json.loads(line_of(server))["message"])


def test_without_its_libraries_the_server_says_what_to_install_and_answers(
    bare: Shell, without: Callable[[Shell, str], Shell]
) -> None:
    with started(without(bare, "jobs")) as server:
        assert 'pip install "django-flyball[jobs]"' in line_of(server)
        until(lambda: answers(bare.port))


@pytest.mark.journey
def test_without_its_libraries_the_first_build_has_a_process_of_its_own(
    late: Shell, without: Callable[[Shell, str], Shell]
) -> None:
    with without(late, "jobs").up("--build", worker=True) as server:
        server.wait_for_champion("late", 1)
        assert not learns(server.process)


@pytest.mark.journey
def test_a_first_build_that_is_interrupted_goes_on_with_the_next_start(late: Shell) -> None:
    hasty = {**late.environment, "FLYBALL_DRAIN_SECONDS": "0"}
    first = subprocess.Popen(
        ["flyball", "up", "--build"], cwd=late.directory, env=hasty, start_new_session=True
    )
    until(lambda: [job for job in jobs(late) if job["status"] == "running"])
    os.killpg(first.pid, signal.SIGINT)
    assert first.wait(PATIENCE) == 1
    assert processes_of(first.pid) == []
    waiting = the_job(late)
    assert (waiting["status"], waiting["attempt"]) == ("queued", 0)
    with late.up("--build", worker=True) as server:
        server.wait_for_champion("late", 1)
        assert not learns(server.process)
    done = the_job(late)
    assert (done["id"], done["status"]) == (waiting["id"], "succeeded")
