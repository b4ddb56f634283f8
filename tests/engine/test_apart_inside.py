"""Processes of models beside a Django process, which may fork."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flyball.stores.database import Database
from tests import published
from tests.inference.apart import in_project

pytestmark = pytest.mark.storage
ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, os, sys
import django
django.setup()
import flyball
from flyball import inprocess
from flyball.inference.apart.model import Apart

def ask(version):
    return flyball.predict("triage", input=json.loads(sys.argv[1]), version=version).output

before = [ask(1), ask(2)]
heavy = sorted({"sklearn", "pandas"} & set(sys.modules))
kept = inprocess.data_plane().refresher.loader._kept
apart = [isinstance(kept["triage", version].runtime.result(), Apart) for version in (1, 2)]
if os.fork() == 0:
    same = [ask(1), ask(2)] == before
    inprocess.close()
    os._exit(0 if same else 1)
_, forked = os.wait()
print(json.dumps([heavy, apart, forked, [ask(1), ask(2)] == before]))
inprocess.close()
"""


def test_models_are_asked_apart_inside_a_project_also_those_of_its_own_types_and_in_its_forks(
    database: Database, tmp_path: Path
) -> None:
    published.publish(database, compiled=False)
    published.store(database, version=2, first=in_project.Passing)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FLYBALL_DATABASE_URL": database.url,
        "FLYBALL_HOME": str(tmp_path),
        "FLYBALL_TRUSTED_TYPES": f"{in_project.__name__}.Passing",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(published.ROW)],
        env={**environment, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[], [True, True], 0, True]
