"""Settings of the test suite: the ready-made project in a home of its own, on a database in a file."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's folder in memory; the one made inside it is private
ENOUGH_BYTES = 2_000_000_000


def new_home() -> str:
    """A folder that is gone when this process ends: in memory where there is enough, else on the disk.

    The tests commit many thousand times, and a disk takes milliseconds for each. SQLite still runs with
    ``synchronous=FULL``, and a file in memory survives the ``kill -9`` of a server as one on a disk does.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    made = tempfile.mkdtemp(prefix="flyball-tests-", dir=MEMORY if roomy else None)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


HOME = Path(os.environ.get("FLYBALL_HOME") or new_home())
HOME /= os.environ.get("PYTEST_XDIST_WORKER", "")  # each worker of pytest-xdist has a home of its own
HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ["FLYBALL_HOME"] = str(HOME)

from flyball.project.settings import *  # noqa: F403,E402 - the home must be known first
from flyball.project.settings import DATABASES, INSTALLED_APPS  # noqa: E402 - as above

INSTALLED_APPS += ["tests.shop", "tests.jobs.work"]
# Installed where the settings name a provider, as some tests do later.
INSTALLED_APPS += ["allauth.socialaccount.providers.openid_connect"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: the stores open connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
