"""Settings of the test suite: the ready-made project in a home of its own, on a database in a file."""

import os
import tempfile
from pathlib import Path

HOME = Path(os.environ.setdefault("FLYBALL_HOME", tempfile.mkdtemp(prefix="flyball-tests-")))

from flyball.project.settings import *  # noqa: F403,E402 - the home must be known first
from flyball.project.settings import DATABASES, INSTALLED_APPS  # noqa: E402 - as above

INSTALLED_APPS += ["tests.shop"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: the stores open connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
