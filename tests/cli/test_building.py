"""``flyball build``: a job that is asked for once, followed, left alone; and what it ends with."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

import flyball
from flyball import Policy
from flyball.control.jobs import services
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from tests.cli.conftest import Typed
from tests.shell import PATIENCE, Shell


def started(shell: Shell, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["flyball", *words],
        cwd=shell.directory,
        env=shell.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell in the background ignores Ctrl-C, and so would whatever it starts.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def read_until(process: subprocess.Popen[str], wanted: str) -> None:
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if wanted in line:
            return
    raise AssertionError(seen)


def interrupted(process: subprocess.Popen[str]) -> str:
    """What a command said after Ctrl-C, which ended it with 1."""
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1
    assert "Traceback" not in said
    return said


def test_a_worker_s_build_is_shown_as_one_of_this_process_is(
    typed: Typed, applied: Callable[..., Any], working: None
) -> None:
    applied()
    here = typed.json("build", "purchase", "--inline")
    there = typed.json("build", "purchase")
    assert there.keys() == here.keys()
    assert [row["folds"] for row in there["leaderboard"]] == [row["folds"] for row in here["leaderboard"]]
    assert (there["version"], there["promoted"]) == ("purchase@2", False)
    third = typed("build", "purchase", "--promote")
    assert "Snapshot " in third.stderr
    assert "purchase@3 is linear" in third.stdout
    assert "and champion now" in third.stdout
    assert Job.objects.filter(kind="build").count() == 2


def test_a_build_that_may_not_be_champion_says_so_and_exits_as_in_this_process(
    typed: Typed, applied: Callable[..., Any], working: None
) -> None:
    applied(policy=Policy(minimum_score=0.9999))
    assert "0.9999" in typed("build", "purchase", "--inline", "--promote", exits=4).stderr
    refused = json.loads(typed("build", "purchase", "--promote", "--json", exits=4).stderr)
    assert refused["code"] == "policy_unmet"
    assert "0.9999" in refused["detail"]
    assert Version.objects.count() == 2
    assert Job.objects.get(kind="build").error_code == "policy_unmet"


def test_a_worse_version_needs_a_yes_from_a_worker_too(typed: Typed, champion: str, working: None) -> None:
    said = typed("build", champion, "--candidate", "baseline", "--promote", exits=3).stderr
    assert "Beside the champion" in said
    typed("build", champion, "--candidate", "baseline", "--promote", "--yes")


@pytest.mark.parametrize("how", [(), ("--inline",)], ids=["a worker", "this process"])
def test_a_build_is_promoted_only_where_it_is_better(
    typed: Typed, champion: str, working: None, how: tuple[str, ...]
) -> None:
    words = ("build", champion, "--candidate", "baseline", "--if-better", *how)
    assert "Not promoted: " in typed(*words).stderr
    assert not typed.json(*words)["promoted"]
    typed(*words, "--promote", exits=2)


def test_a_build_that_fails_or_is_cancelled_ends_with_1(
    typed: Typed, applied: Callable[..., Any], working: None
) -> None:
    applied()
    said = typed("build", "purchase", "--candidate", "psychic", exits=1).stderr
    assert "psychic" in said or "candidate" in said
    assert Job.objects.get().error_code == "invalid_input"


def test_what_was_cancelled_is_said_so(typed: Typed, applied: Callable[..., Any]) -> None:
    applied()
    job = flyball.build("purchase")

    def cancel() -> None:
        services.cancel(job=job)
        connections.close_all()

    threading.Timer(0.5, cancel).start()
    assert "was cancelled" in typed("build", "purchase", exits=1).stderr


def test_the_same_build_is_one_job_until_another_one_is_asked_for(
    typed: Typed, applied: Callable[..., Any]
) -> None:
    applied()
    first = typed("build", "purchase", "--detach").stdout
    second = typed("build", "purchase", "--detach")
    assert second.stdout == first
    assert "--again" in second.stderr
    other = typed.json("build", "purchase", "--detach", "--promote")
    again = typed.json("build", "purchase", "--detach", "--again")
    assert len({first.strip(), other["id"], again["id"]}) == 3
    assert other["arguments"] == {"promote": True}
    typed("build", "purchase", "--inline", "--detach", exits=2)


def test_a_command_in_somebody_s_code_asks_or_builds_here(
    typed: Typed, applied: Callable[..., Any], working: None
) -> None:
    applied()
    out = io.StringIO()
    call_command("flyball", "build", "purchase", stdout=out)
    call_command("flyball", "build", "purchase", "--inline", stdout=out)
    assert "purchase@1 is linear" in out.getvalue()
    assert "purchase@2 is linear" in out.getvalue()


def test_ctrl_c_leaves_the_job_alone_and_says_how_to_find_it(late: Shell) -> None:
    following = started(late, "build", "late")
    read_until(following, "late: queued")
    said = interrupted(following)
    (job,) = late.flyball("jobs", "list")
    assert job["status"] == "queued"
    assert f"flyball jobs follow {job['id']}" in said
    assert f"flyball jobs cancel {job['id']}" in said


def test_a_job_that_no_worker_takes_is_said_so_once_and_waited_for(late: Shell) -> None:
    following = started(late, "build", "late")
    read_until(following, "No worker has taken job")
    time.sleep(1)  # Ctrl-C in the middle of a line has it written once more
    assert following.poll() is None
    assert "No worker" not in interrupted(following)


def test_two_commands_at_one_moment_make_one_job(late: Shell) -> None:
    both = [started(late, "build", "late", "--detach") for _ in range(2)]
    ids = {each.communicate(timeout=PATIENCE)[0] for each in both}
    assert len(ids) == 1
    assert len(late.flyball("jobs", "list")) == 1
