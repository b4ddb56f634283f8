"""Settings of processes in which ``purchase`` is declared: a worker, and what steps through a week."""

from tests.settings import *  # noqa: F403 - a settings module takes all of another's names
from tests.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.schedules.declared"]
