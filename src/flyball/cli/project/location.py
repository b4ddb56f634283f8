"""Finding the user's Django project from where the command is run, and starting Django in it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flyball.cli.failures.failure import Failure
from flyball.cli.failures.user_code import in_the_users_code
from flyball.config import Config
from flyball.domain.errors import Unusable

SETTINGS = re.compile(r"""setdefault\(\s*["']DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""")


@dataclass(frozen=True, slots=True)
class Project:
    """A Django project: its directory and the name of its settings module."""

    root: Path
    settings: str


def find(start: Path) -> Project | None:
    """The project that ``start`` lies in: ``DJANGO_SETTINGS_MODULE``, or the nearest manage.py upward."""
    manage = next((up / "manage.py" for up in (start, *start.parents) if (up / "manage.py").is_file()), None)
    named = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if named:
        return Project(manage.parent if manage else start, named)
    found = SETTINGS.search(manage.read_text(encoding="utf-8")) if manage else None
    return Project(manage.parent, found[1]) if manage and found else None


def environment(project: Project) -> None:
    """Say in the environment where the project is, so that processes started from here find it too."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", project.settings)
    os.environ.setdefault("FLYBALL_PROJECT", str(project.root))
    if str(project.root) not in sys.path:
        sys.path.insert(0, str(project.root))


def start_django(project: Project) -> None:
    """Set Django up with the project's settings, as manage.py does."""
    import django
    from django.apps import apps

    if apps.ready:
        return  # manage.py has done it
    environment(project)
    with loading(project.settings):
        django.setup()


@contextmanager
def loading(what: str) -> Iterator[None]:
    """Settings that cannot be loaded end the command with a sentence that says which, and why.

    What the settings themselves import or do wrong is told with file and line, as all of the user's code.
    """
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        if isinstance(error, ImportError | SyntaxError) and in_the_users_code(error):
            raise
        reason = str(error).strip().partition("\n")[0]
        raise Failure(Unusable(f"{what} cannot be loaded: {reason}")) from error


def config() -> Config:
    """Flyball's settings as this project has them. Django must be set up."""
    from flyball.control.declarations.configured import configured

    return configured()
