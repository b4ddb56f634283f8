"""What a server loads: no Django, and no model's library before a published version needs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.stores.database import Database
from tests import published

pytestmark = pytest.mark.storage
HEAVY = ("django", "rest_framework", "celery", "sklearn", "pandas", "scipy", "skops", "duckdb", "pyarrow")
PROGRAM = """
import asyncio, json, sys
from flyball.config import load
from flyball.serving.app import create
from flyball.serving.http.door import Door, Request

async def main():
    config = load()
    plane = create(config)
    door = Door(plane.start(), config)
    headers = {"authorization": "Bearer " + sys.argv[1]}
    response = await door.handle(Request(method="GET", path="/v1/status", headers=headers))
    path, body = "/v1/endpoints/triage/predictions", sys.argv[3].encode()
    for _ in range(int(sys.argv[2])):
        response = await door.handle(Request(method="POST", path=path, headers=headers, body=body))
    plane.stop()
    return response.status

status = asyncio.run(main())
print(json.dumps([status, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def loaded(database: Database, home: Path, answers: int = 0, **settings: str) -> set[str]:
    """What a process has loaded that has answered one status, and as many predictions."""
    text = published.key()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, text, str(answers), json.dumps({"input": published.ROW})],
        env={**environment, "FLYBALL_DATABASE_URL": database.url, "FLYBALL_HOME": str(home), **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    status, modules = json.loads(done.stdout)
    assert status == 200
    return set(modules)


def test_a_server_with_nothing_to_serve_loads_no_heavy_library(database: Database, tmp_path: Path) -> None:
    assert loaded(database, tmp_path).isdisjoint(HEAVY)


def test_a_compiled_version_is_answered_without_a_heavy_library(database: Database, tmp_path: Path) -> None:
    published.publish(database)
    modules = loaded(database, tmp_path, answers=1)
    assert "numpy" in modules
    assert modules.isdisjoint({*HEAVY, "onnx", "optuna", "threadpoolctl"})


def test_a_version_that_is_not_compiled_is_answered_without_one_by_a_process_of_its_own(
    database: Database, tmp_path: Path
) -> None:
    published.publish(database, compiled=False)
    assert loaded(database, tmp_path, answers=1).isdisjoint({*HEAVY, "onnx", "optuna", "threadpoolctl"})


def test_where_it_has_none_it_brings_its_library_and_still_no_django(
    database: Database, tmp_path: Path
) -> None:
    published.publish(database, compiled=False)
    modules = loaded(database, tmp_path, answers=1, FLYBALL_MODEL_PROCESSES="0")
    assert "sklearn" in modules
    assert modules.isdisjoint({"django", "rest_framework", "celery", "duckdb", "optuna"})
