"""Where a build ran: the code's commit, and the versions of Python and the libraries."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

LIBRARIES = ("flyball", "scikit-learn", "numpy", "scipy", "pandas", "skops", "optuna", "pyarrow", "duckdb")


def environment(directory: Path | str) -> dict[str, Any]:
    """The facts of a build as JSON.

    ``commit`` and ``dirty`` describe the git work tree that holds ``directory``; both are ``None`` where
    there is no git or no commit.
    """
    commit = _git(directory, "rev-parse", "HEAD")
    status = None if commit is None else _git(directory, "status", "--porcelain")
    return {
        "commit": commit,
        "dirty": None if status is None else bool(status),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(directory: Path | str, *arguments: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    command = [program, "-C", str(directory), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - git, asked with fixed arguments
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
