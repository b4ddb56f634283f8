"""The settings that the project runs with."""

from __future__ import annotations

from django.conf import settings

from flyball.config import Config, load


def configured() -> Config:
    """Those of ``settings.FLYBALL`` where the project has it, else those of the environment."""
    own = getattr(settings, "FLYBALL", None)
    return own if isinstance(own, Config) else load(base=getattr(settings, "BASE_DIR", None))
