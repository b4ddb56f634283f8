"""What threads read at the same moment for the first time: a process of its own for each try."""

from __future__ import annotations

import subprocess
import sys

import pytest

TRIES = 8
"""Without types that are known before, every second one ended with a signal."""
SCRIPT = """
import sys, threading
import {module}
from {where} import {type}
import msgspec
sys.setswitchinterval(1e-6)
gate = threading.Barrier(8)
def read():
    gate.wait()
    try:
        msgspec.convert({value}, {type})
    except msgspec.ValidationError:
        pass
threads = [threading.Thread(target=read) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
"""
ROUTE = {"endpoint": "a", "team": "b", "task": "c", "number": 1, "arms": [{"name": "champion", "version": 1}]}


@pytest.mark.parametrize(
    ("where", "name", "module", "value"),
    [
        ("flyball.domain.routing", "Route", "flyball.stores.routes", ROUTE),
        ("flyball.domain.routing", "Manifest", "flyball.stores.routes", {"endpoint": "a"}),
        ("flyball.inference.compiled.document", "Document", "flyball.inference.compiled.document", {}),
        ("flyball.config", "Config", "flyball.config", {"home": "a"}),
    ],
)
def test_threads_that_read_a_type_for_the_first_time_at_once_do_not_end_the_process(
    where: str, name: str, module: str, value: dict[str, object]
) -> None:
    script = SCRIPT.format(module=module, where=where, type=name, value=value)
    for _ in range(TRIES):  # one after the other: processes that wait for each other hide it
        subprocess.run([sys.executable, "-c", script], check=True)
