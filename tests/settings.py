"""Settings of the test suite: the ready-made project in a home of its own, on a database in a file."""

import os
import tempfile
from pathlib import Path

HOME = Path(os.environ.get("FLYBALL_HOME") or tempfile.mkdtemp(prefix="flyball-tests-"))
HOME /= os.environ.get("PYTEST_XDIST_WORKER", "")  # each worker of pytest-xdist has a home of its own
HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["FLYBALL_HOME"] = str(HOME)

from flyball.project.settings import *  # noqa: F403,E402 - the home must be known first
from flyball.project.settings import DATABASES, INSTALLED_APPS  # noqa: E402 - as above

INSTALLED_APPS += ["tests.shop"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: the stores open connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
