"""Large uploads of outcomes are refused without being held: memory stays flat."""

from __future__ import annotations

import subprocess
import sys

import pytest

MEGABYTES = 60
"""What four refusals at once may add: each read body is there once, before it begins."""

UPLOADS = """
import resource, sys, threading
from flyball.domain.errors import FlyballError
from flyball.serving import feedback
from flyball.serving.http.reading import outcome_bodies

kind, reader = sys.argv[1:]
bodies = {
    "csv": b"value,reference\\n" + b"1,abc\\n" * 1_850_000,
    "one line": b"value,reference\\n1," + b"a" * 11_000_000,
    "objects": b'{"outcomes":[' + b"{}," * 3_600_000 + b"{}]}",
    "numbers": b'{"outcomes":[' + b"1," * 5_500_000 + b"1]}",
}
body = bodies[kind]
said = []

def upload():
    try:
        feedback.check_size(getattr(outcome_bodies, reader)(body, "income"))
    except FlyballError as error:
        said.append(error.code)

def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

before = megabytes()
threads = [threading.Thread(target=upload) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(said), megabytes() - before)
"""


@pytest.mark.parametrize(
    ("kind", "reader"),
    [("csv", "from_csv"), ("one line", "from_csv"), ("objects", "from_json"), ("numbers", "from_json")],
)
def test_four_large_uploads_at_once_are_refused_in_little_memory(kind: str, reader: str) -> None:
    command = [sys.executable, "-c", UPLOADS, kind, reader]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    refused, grown = map(int, said.split())
    assert refused == 4
    assert grown < MEGABYTES, f"{grown} MB"
