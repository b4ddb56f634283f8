"""Where a build ran: the code's commit, and the versions of Python and the libraries."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from flyball.domain.declaration import Candidate, Endpoint

LIBRARIES = (
    "django-flyball",
    "Django",
    "scikit-learn",
    "numpy",
    "scipy",
    "joblib",
    "threadpoolctl",
    "pandas",
    "skops",
    "optuna",
    "lightgbm",
    "xgboost",
    "xgboost-cpu",
    "pyarrow",
    "duckdb",
)
"""What every build rests on."""


def environment(directory: Path | str, models: Iterable[Any] = ()) -> dict[str, Any]:
    """The facts of a build as JSON.

    ``libraries`` are ours, and those that ``models`` (estimators, and classes of the user's own) come from,
    where they are installed as distributions. ``commit`` and ``dirty`` describe the git work tree that holds
    ``directory``; both are ``None`` where there is no git or no commit.
    """
    commit = _git(directory, "rev-parse", "HEAD")
    status = None if commit is None else _git(directory, "status", "--porcelain")
    return {
        "commit": commit,
        "dirty": None if status is None else bool(status),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": _versions({*LIBRARIES, *_distributions(models)}),
    }


def models_of(declaration: type[Endpoint]) -> list[Any]:
    """What a declaration itself brings: the estimators of its own candidates, and trusted classes."""
    own = [each.estimator for each in declaration.candidates if isinstance(each, Candidate)]
    return [*own, *declaration.trusted]


def sources(declaration: type[Endpoint]) -> dict[str, str]:
    """The SHA-256 of each file that a declaration, its own candidates and its trusted classes stand in.

    The commit does not tell them apart while somebody works on them.
    """
    things = (*declaration.__mro__, *models_of(declaration))
    modules = sorted({module for thing in things for module in _modules(thing)})
    files = {module: Path(getattr(sys.modules.get(module), "__file__", None) or "") for module in modules}
    return {
        module: hashlib.sha256(file.read_bytes()).hexdigest()
        for module, file in files.items()
        if file.is_file()
    }


def _distributions(models: Iterable[Any]) -> set[str]:
    modules = {module.partition(".")[0] for model in models for module in _modules(model)}
    if not modules:
        return set()
    return {name for module in modules for name in _installed().get(module, ())}


# Reading it takes 50 ms, and what a process has loaded does not change under it.
_installed = cache(metadata.packages_distributions)


def _modules(model: Any) -> Iterator[str]:
    """The modules of an estimator or a class, and of what it is made of."""
    is_class = isinstance(model, type) or not hasattr(model, "get_params")
    parts = [] if is_class else model.get_params(deep=True).values()
    for part in (model, *parts):
        yield str(getattr(part, "__module__", None) or type(part).__module__)


def _versions(names: Iterable[str]) -> dict[str, str]:
    found = {name: _version(name) for name in sorted(names, key=str.lower)}
    return {name: version for name, version in found.items() if version is not None}


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
