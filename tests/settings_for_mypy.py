"""Settings that only mypy reads: the models of the tests' apps and of every example, in one project."""

from flyball.project.settings import *  # noqa: F403 - a settings module takes all of another's names
from flyball.project.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.shop", "tests.jobs.work", "accounts", "clinic", "income", "laboratory", "loans"]
