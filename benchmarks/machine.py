"""The machine that is measured on."""

from __future__ import annotations

import platform
from pathlib import Path


def processor() -> str:
    """What its processor is called."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
