"""The ready-made project's settings, for workers that know slow models."""

from benchmarks.shadows import slow  # noqa: F401 - names the runtimes
from flyball.project.settings import *  # noqa: F403
