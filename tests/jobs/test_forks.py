"""Heavy jobs as forks of a process that has loaded the project: what they share, and what they do not."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from flyball.control.jobs import services
from flyball.control.jobs.apart import forking
from flyball.control.jobs.apart.child import TERMINATED, Asked, name_of
from flyball.control.jobs.apart.forkserver import IDLE
from flyball.control.jobs.apart.processes import close
from flyball.control.jobs.models import Job
from flyball.stores.database import Database
from tests.jobs.projects import (
    ENDS,
    FAILS,
    FORGETFUL,
    FORKS,
    INSTALLED,
    POOL,
    SLOW,
    STARTS,
    THREADS,
    with_module,
)
from tests.jobs.work.apps import LATER
from tests.jobs.workers import ask, ended, hurried, kill, lives, start, surroundings, until, worker
from tests.shell import PATIENCE

pytestmark = pytest.mark.storage
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each job is a fresh interpreter")


def result(job: Job) -> dict[str, Any]:
    """What a job that has succeeded found."""
    done = ended(job)
    assert (done.status, done.error) == ("succeeded", "")
    found: dict[str, Any] = done.result
    return found


@linux
def test_jobs_are_forks_of_one_process_and_share_no_chance(database: Database) -> None:
    with worker(database, "--concurrency", "3"):
        jobs = [ask("code") for _ in range(6)]
        found = [result(job) for job in jobs]
    assert {each["is_fork"] for each in found} == {True}
    assert len({each["parent"] for each in found}) == 1
    assert [each["name"] for each in found] == [name_of(job.pk) for job in jobs]
    assert {each["order"] for each in found} == {"0"}
    drawn = [number for each in found for number in each["drawn"]]
    assert len(set(drawn)) == len(drawn)


def test_where_forks_are_not_wanted_each_is_a_fresh_interpreter(database: Database) -> None:
    with worker(database, FLYBALL_JOB_FORK="false") as process:
        job = ask("code")
        found = result(job)
    assert (found["is_fork"], found["parent"]) == (False, process.pid)
    assert (found["name"], found["order"]) == (name_of(job.pk), "0")


@linux
def test_code_that_was_changed_is_the_code_of_the_next_job(database: Database, tmp_path: Path) -> None:
    own = with_module(tmp_path, "SAID = 1\n")
    with worker(database, **own):
        before = [result(ask("code")) for _ in range(2)]
        time.sleep(0.01)  # files are told apart by their time
        with_module(tmp_path, "SAID = 22\n")
        after = [result(ask("code")) for _ in range(2)]
    assert [each["said"] for each in before + after] == [1, 1, 22, 22]
    assert [each["is_fork"] for each in before + after] == [True] * 4
    assert len({each["parent"] for each in before + after}) == 2


def test_code_that_cannot_be_loaded_fails_its_job_with_the_reason_and_mended_it_goes_on(
    database: Database, tmp_path: Path
) -> None:
    own = with_module(tmp_path, "SAID = 1\n")
    with worker(database, **own):
        assert result(ask("code"))["said"] == 1
        time.sleep(0.01)
        with_module(tmp_path, "SAID = 1 +\n")
        broken = ask("code")
        until(lambda: Job.objects.get(pk=broken.pk).error)
        waits = Job.objects.get(pk=broken.pk)
        with_module(tmp_path, "SAID = 3\n")
        services.cancel(job=waits)
        assert result(ask("code"))["said"] == 3
    assert "ended with 1" in waits.error
    assert "SyntaxError" in waits.log


@linux
def test_a_project_that_has_started_threads_is_not_forked(database: Database, tmp_path: Path) -> None:
    with worker(database, **with_module(tmp_path, THREADS)) as process:
        found = [result(ask("code")) for _ in range(2)]
    assert [(each["is_fork"], each["parent"]) for each in found] == [(False, process.pid)] * 2


@linux
def test_what_jobs_load_is_there_for_the_next_ones_of_their_kind(database: Database, tmp_path: Path) -> None:
    own = with_module(tmp_path, "SAID = 1\n")
    (tmp_path / f"{LATER}.py").write_text(
        "from pathlib import Path\nPath(__file__).with_suffix('.loaded').touch()\n"
    )
    with worker(database, **own):
        before = [result(ask(kind)) for kind in ("code", "code")]
        time.sleep(2 * IDLE)
        assert not (tmp_path / f"{LATER}.loaded").exists()
        first = result(ask("loads"))
        until((tmp_path / f"{LATER}.loaded").exists)
        after = result(ask("loads"))
    assert [each["is_there"] for each in (*before, first, after)] == [False, False, False, True]
    assert len({each["parent"] for each in (*before, first, after)}) == 1


@linux
def test_what_no_job_has_needed_for_long_is_forgotten(database: Database, tmp_path: Path) -> None:
    loads = tmp_path / "loads"
    own = with_module(tmp_path, FORGETFUL.format(loads=str(loads)))
    (tmp_path / f"{LATER}.py").write_text(f"open({str(loads)!r}, 'a').write('later ')\n")
    with worker(database, **own):
        first = result(ask("loads"))
        until(lambda: loads.read_text().split() == ["project", "later", "project"])
        after = result(ask("loads"))
    assert (first["is_there"], after["is_there"]) == (False, False)
    assert (first["is_fork"], after["is_fork"]) == (True, True)
    assert first["parent"] == after["parent"]


@linux
def test_where_what_jobs_load_starts_threads_there_are_no_forks_any_more(
    database: Database, tmp_path: Path
) -> None:
    own = with_module(tmp_path, "SAID = 1\n")
    (tmp_path / f"{LATER}.py").write_text(THREADS)
    with worker(database, **own):
        first = result(ask("loads"))
        until(lambda: not lives(first["parent"]))
        after = [result(ask("code")) for _ in range(2)]
    assert [each["is_fork"] for each in (first, *after)] == [True, False, False]


@linux
def test_a_job_whose_fork_server_is_killed_is_begun_again_by_another_one(
    database: Database, tmp_path: Path
) -> None:
    with worker(database):
        server = result(ask("code"))["parent"]
        job = ask("heavy", pids=str(tmp_path / "pids"))
        until((tmp_path / "pids").exists)
        processes = [int(each) for each in (tmp_path / "pids").read_text().split()]
        os.kill(server, signal.SIGKILL)
        until(lambda: not any(lives(each) for each in processes))
        assert result(hurried(job)) == {"attempt": 2}
        assert result(ask("code"))["parent"] != server


@linux
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_process_that_is_forked_ends_with_its_worker(database: Database, how: signal.Signals) -> None:
    process = start(database)
    server = result(ask("code"))["parent"]
    assert lives(server)
    if how == signal.SIGKILL:
        kill(process)
    else:
        process.send_signal(how)
        process.wait()
    until(lambda: not lives(server))


@linux
def test_where_a_fork_fails_the_jobs_that_run_go_on(database: Database, tmp_path: Path) -> None:
    own = with_module(tmp_path, FAILS)
    with worker(database, "--concurrency", "2", **own):
        long = ask("heavy", pids=str(tmp_path / "pids"))
        until((tmp_path / "pids").exists)
        (tmp_path / "fails").touch()
        assert result(ask("code"))["is_fork"]
        processes = [int(each) for each in (tmp_path / "pids").read_text().split()]
        assert all(lives(each) for each in processes)
        services.cancel(job=Job.objects.get(pk=long.pk))
        assert ended(long).status == "cancelled"


@linux
def test_where_all_processes_of_a_unit_are_told_to_end_jobs_may_do_so_in_order(
    database: Database, tmp_path: Path
) -> None:
    process = start(database, FLYBALL_DRAIN_SECONDS="10")
    job = ask("heavy", pids=str(tmp_path / "pids"))
    until((tmp_path / "pids").exists)
    fork = int((tmp_path / "pids").read_text().split()[0])
    server = int(Path(f"/proc/{fork}/stat").read_text().rpartition(")")[2].split()[1])
    for each in (process.pid, server, fork):
        os.kill(each, signal.SIGTERM)
    process.wait(PATIENCE)
    assert f"ended with {TERMINATED}" in Job.objects.get(pk=job.pk).error


@linux
def test_a_job_ends_what_it_has_begun_and_not_what_the_project_has(
    database: Database, tmp_path: Path
) -> None:
    with worker(database, **with_module(tmp_path, ENDS)):
        found = [result(ask("code")) for _ in range(2)]
        until(lambda: not any(Path(each["said"][0]).exists() for each in found))
    assert [each["said"][1:] for each in found] == [[True, False]] * 2


@linux
def test_code_that_is_changed_while_it_is_loaded_is_not_forked(database: Database, tmp_path: Path) -> None:
    with worker(database, **with_module(tmp_path, SLOW)):
        until((tmp_path / "begun").exists)
        with_module(tmp_path, SLOW.replace("SAID, begun = 1,", "SAID, begun = 22,"))
        found = [result(ask("code")) for _ in range(2)]
    assert [(each["said"], each["is_fork"]) for each in found] == [(22, True)] * 2


@linux
def test_code_is_another_one_where_its_file_has_another_size_at_the_same_time(
    database: Database, tmp_path: Path
) -> None:
    with worker(database, **with_module(tmp_path, "SAID = 1\n")):
        assert result(ask("code"))["said"] == 1
        before = (tmp_path / "loaded.py").stat()
        with_module(tmp_path, "SAID = 22\n")
        os.utime(tmp_path / "loaded.py", ns=(before.st_atime_ns, before.st_mtime_ns))
        assert result(ask("code"))["said"] == 22


@linux
@pytest.mark.parametrize("seconds", [0, 600])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_the_project_starts_while_it_is_loaded_ends_with_the_worker(
    database: Database, tmp_path: Path, how: signal.Signals, seconds: int
) -> None:
    text = STARTS.replace("sleep(0)", f"sleep({seconds})")
    process = start(database, **with_module(tmp_path, text))
    until((tmp_path / "pids").exists)
    if not seconds:
        result(ask("code"))
    process.send_signal(how)
    process.wait(PATIENCE)
    until(lambda: not any(lives(int(each)) for each in (tmp_path / "pids").read_text().split()))


@linux
def test_one_that_does_not_answer_in_time_is_not_waited_for_again_and_forks_nothing_later(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in surroundings(database, **with_module(tmp_path, FORKS)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(tmp_path)
    asked = Asked(UUID(int=1), 1, 0, "code")
    forks = forking.ForkServer()
    forks.prepare()
    process = forks._process
    assert process is not None
    fork = forks.fork(asked)
    assert fork is not None
    fork.wait()
    before = len(list(tmp_path.glob("forks*")))
    asks: list[Any] = []
    send = socket.send_fds

    def sent(*given: Any) -> int:
        asks.append(given)
        return send(*given)

    monkeypatch.setattr(socket, "send_fds", sent)
    monkeypatch.setattr(forking, "READY_WITHIN", 0.5)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        assert [forks.fork(asked) for _ in range(2)] == [None, None]
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert len(asks) == 1
    process.wait(PATIENCE)
    assert len(list(tmp_path.glob("forks*"))) == before
    close(fork.lifeline, fork.output)


@linux
def test_a_package_that_is_installed_anew_is_loaded_by_the_next_job(
    database: Database, tmp_path: Path
) -> None:
    with worker(database, **with_module(tmp_path, INSTALLED)):
        before = [result(ask("code")) for _ in range(2)]
        with_module(tmp_path, INSTALLED.replace("SAID, path = 1,", "SAID, path = 22,"))
        (tmp_path / "loaded-2.dist-info").mkdir()
        after = [result(ask("code")) for _ in range(2)]
    found = [(each["said"], each["is_fork"]) for each in before + after]
    assert found == [(1, True), (1, True), (22, True), (22, True)]


@linux
def test_jobs_have_threads_of_openmp_where_the_project_has_used_some(
    database: Database, tmp_path: Path
) -> None:
    with worker(database, **with_module(tmp_path, POOL)):
        found = [result(ask("code")) for _ in range(2)]
    assert [(each["said"], each["is_fork"]) for each in found] == [(3, True)] * 2
