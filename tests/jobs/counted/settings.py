"""Settings of workers that find the endpoint."""

from tests.settings import *  # noqa: F403 - those of the suite
from tests.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.jobs.counted"]
