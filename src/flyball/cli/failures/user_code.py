"""Mistakes in the user's own code: which file, which line, what."""

from __future__ import annotations

import sysconfig
import traceback
from functools import cache
from pathlib import Path

import flyball
from flyball.domain.errors import DeclarationError, FlyballError, Unusable

OURS = Path(flyball.__file__).parent


def in_the_users_code(error: BaseException) -> FlyballError | None:
    """A sentence with file and line, where the exception went through code that is the user's.

    Only code that Flyball called counts: a project's ``manage.py`` has called Flyball, and is not to blame.
    """
    place = _place(error)
    if place is None:
        return None
    path, line = place
    said = str(error.msg if isinstance(error, SyntaxError) else error).strip().partition("\n")[0]
    detail = f"{_short(path)}, line {line}: {type(error).__name__}: {said}".rstrip(": ")
    kind = DeclarationError if path.name == "endpoints.py" else Unusable
    return kind(f"{detail} (FLYBALL_DEBUG=1 shows the traceback)")


def _place(error: BaseException) -> tuple[Path, int] | None:
    if isinstance(error, SyntaxError) and error.filename and _is_users(error.filename):
        return Path(error.filename), error.lineno or 1
    frames = traceback.extract_tb(error.__traceback__)
    first = next((at for at, frame in enumerate(frames) if OURS in Path(frame.filename).parents), len(frames))
    users = [frame for frame in frames[first:] if _is_users(frame.filename)]
    return (Path(users[-1].filename), users[-1].lineno or 1) if users else None


def _is_users(name: str) -> bool:
    path = Path(name)
    if not path.is_file():  # such as "<frozen importlib._bootstrap>"
        return False
    return not any(place in path.parents for place in (OURS, *_installed()))


@cache
def _installed() -> tuple[Path, ...]:
    """The standard library and installed packages."""
    return tuple(Path(path) for name, path in sysconfig.get_paths().items() if name.endswith("lib"))


def _short(path: Path) -> Path:
    here = Path.cwd()
    for above in (here, *here.parents):
        if (above / "manage.py").is_file() and above in path.parents:
            return path.relative_to(above)
    return path
