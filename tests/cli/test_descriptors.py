"""How many connections a server holds, whatever the system's limit of open files."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import resource
from flyball.cli.servers.descriptors import most_connections
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(most_connections(1000), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
LIMITS: list[tuple[int, int, str]] = [
    # soft, hard, connections and the soft limit then
    (1024, 4096, "1000 1256"),  # raised as far as is needed
    (4096, 4096, "1000 4096"),  # never lowered
    (512, 1024, "768 1024"),  # as many as there can be
]


@pytest.mark.parametrize(("soft", "hard", "printed"), LIMITS)
def test_the_limit_is_raised_as_far_as_is_needed_and_some_files_are_kept(
    soft: int, hard: int, printed: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(soft=soft, hard=hard)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == printed


def test_without_room_for_a_server_there_is_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(soft=256, hard=256)], capture_output=True, text=True, check=False
    )
    assert "raise the limit (ulimit -n)" in done.stderr
