"""The ready-made project's settings, for servers in which a model may cost nothing."""

from benchmarks import constant  # noqa: F401 - names the runtime
from flyball.project.settings import *  # noqa: F403
