"""A guest's tests that predict without saying how: told what to do; nothing hangs or is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from flyball.stores.database import Database

pytestmark = pytest.mark.storage
SUITE = """
import asyncio, json, sys
import django
from django.conf import settings
from flyball import APPS

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", *APPS],
    DATABASES={"default": json.loads(sys.argv[1])}, SECRET_KEY="only for this process",
    ROOT_URLCONF="flyball.urls", USE_TZ=True, ALLOWED_HOSTS=["testserver"],
)
django.setup()

import unittest
from django.test import Client, TestCase, TransactionTestCase
from django.test.runner import DiscoverRunner
import flyball
from flyball.domain.errors import NotReady

class Asking:
    def test_predict(self):
        with self.assertRaisesRegex(NotReady, "flyball.testing.answers"):
            flyball.predict("credit", input={})

    async def test_apredict(self):
        with self.assertRaisesRegex(NotReady, "flyball.testing.answers"):
            await flyball.apredict("credit", input={})

    def test_the_door(self):
        with self.assertRaisesRegex(NotReady, "flyball.testing.answers"):
            Client().get("/v1/health")

class InATransaction(Asking, TestCase): pass
class Committed(Asking, TransactionTestCase): pass

runner = DiscoverRunner(verbosity=0, interactive=False)
runner.setup_test_environment()
suite = unittest.TestSuite(
    unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in (InATransaction, Committed)
)
databases = runner.setup_databases(aliases={"default"})
result = runner.run_suite(suite)
runner.teardown_databases(databases)
print(json.dumps([result.testsRun, [text for _, text in result.errors + result.failures]]))
"""


def settings_of(database: Database, folder: Path) -> dict[str, object]:
    """A database of the guest's own; on SQLite Django tests in memory."""
    if not database.is_postgres:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "guest.sqlite3")}
    known = connection.settings_dict
    names = ("ENGINE", "USER", "PASSWORD", "HOST", "PORT")
    own = {"NAME": "postgres", "TEST": {"NAME": f"test_guest_{os.getpid()}"}}
    return {name: known[name] for name in names} | own


def test_a_guests_test_that_predicts_is_told_what_to_do_and_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    done = subprocess.run(
        [sys.executable, "-c", SUITE, json.dumps(settings_of(database, tmp_path))],
        env={**environment, "FLYBALL_HOME": str(tmp_path / "home")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    ran, wrong = json.loads(done.stdout.splitlines()[-1])
    assert (ran, wrong) == (6, [])
    assert list(tmp_path.iterdir()) == []
