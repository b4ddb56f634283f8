"""The ready-made project's settings, and this project's app."""

import os
from pathlib import Path

os.environ.setdefault("FLYBALL_PROJECT", str(Path(__file__).resolve().parent.parent))

from flyball.project.settings import *  # noqa: F403 - after the line above
from flyball.project.settings import INSTALLED_APPS

INSTALLED_APPS += ["income"]
