"""A process that yields lets all others go first, those of other sessions too."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flyball.control.jobs.apart.child import AUTOGROUP

ASKED = """
import os
from flyball.control.jobs.apart import child
child._yield(19)
print(os.getpriority(os.PRIO_PROCESS, 0))
print(child.AUTOGROUP.read_text() if child.AUTOGROUP.exists() else "")
"""


def test_it_is_nice_among_processes_and_among_sessions() -> None:
    said = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, check=True, start_new_session=True
    ).stdout.splitlines()
    assert said[0] == "19"
    if not AUTOGROUP.exists():
        pytest.skip("this system does not divide processors among sessions")
    assert said[1].endswith("nice 19")
