"""The ready-made project's settings, with the tables that are measured."""

from flyball.project.settings import *  # noqa: F403
from flyball.project.settings import INSTALLED_APPS

INSTALLED_APPS += ["benchmarks.snapshots"]
