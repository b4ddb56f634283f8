"""Jobs on the command line; and a build that a real worker carries out in a project of its own."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from flyball.control.jobs import running
from tests.cli.conftest import Typed
from tests.shell import PATIENCE, Shell


@pytest.fixture
def asked(typed: Typed, applied: Callable[..., Any]) -> str:
    """The id of a build of ``purchase`` that was asked for."""
    applied()
    identity: str = typed.json("build", "purchase", "--detach")["id"]
    return identity


def test_a_job_is_asked_for_listed_shown_and_cancelled(typed: Typed, asked: str) -> None:
    (listed,) = typed.json("jobs", "list", "--endpoint", "purchase", "--status", "queued")
    assert (listed["id"], listed["kind"], listed["endpoint"]) == (asked, "build", "purchase")
    assert "queued" in typed("jobs", "list").stdout
    assert typed.json("jobs", "list", "--status", "running") == []
    shown = typed.json("jobs", "show", asked[:18])
    assert (shown["id"], shown["log"], shown["progress"]) == (asked, "", None)
    assert "is queued" in typed("jobs", "show", asked).stdout
    assert typed.json("jobs", "cancel", asked)["status"] == "cancelled"
    typed("jobs", "cancel", asked, exits=5)
    assert typed.json("jobs", "retry", asked)["status"] == "queued"
    typed("jobs", "retry", asked, exits=5)


def test_following_ends_with_the_job_and_says_by_its_code_how(typed: Typed, asked: str) -> None:
    run = running.claim(UUID(asked))
    assert run is not None
    run.report(log="Reading rows")
    running.fail(run, "The rows are wrong.", can_pass=False)
    assert "The rows are wrong." in typed("jobs", "follow", asked, exits=1).stdout
    assert "Reading rows" in typed("jobs", "show", asked).stdout
    typed.json("jobs", "retry", asked)
    run = running.claim(UUID(asked))
    assert run is not None
    running.succeed(run, {"rows": 60})
    assert typed.json("jobs", "follow", asked)["result"] == {"rows": 60}
    assert '{"rows": 60}' in typed("jobs", "show", asked).stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("jobs", "show", "ffff"), 1),
        (("jobs", "list", "--status", "lost"), 1),
        (("build", "nothing", "--detach"), 1),
        (("build", "purchase", "--detach", "--snapshot", "ffff"), 1),
        (("worker", "--queues", "elsewhere"), 2),
    ],
)
def test_what_there_is_not_ends_a_command_with_a_sentence(
    typed: Typed, asked: str, words: tuple[str, ...], code: int
) -> None:
    typed(*words, exits=code)


@pytest.mark.journey
def test_a_worker_builds_and_promotes_what_was_asked_for(late: Shell) -> None:
    asked = late.flyball("build", "late", "--promote", "--detach")
    worker = subprocess.Popen(
        ["flyball", "worker", "--queues", "build", "--concurrency", "1"],
        cwd=late.directory,
        env=late.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        followed = late.run("flyball", "jobs", "follow", asked["id"])
        assert "is succeeded" in followed.stdout
        assert followed.stderr.count("late: ") > 1  # what it did when it was looked at
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    shown = late.flyball("jobs", "show", asked["id"])
    assert (shown["status"], shown["result"]["version"], shown["result"]["promoted"]) == (
        "succeeded",
        1,
        True,
    )
    assert "production" in late.run("flyball", "versions", "late").stdout
