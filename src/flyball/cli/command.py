"""How every command is made: it finds the project, takes ``--json``, and turns errors into exit codes."""

from __future__ import annotations

import functools
import inspect
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from flyball.cli.output import Output
from flyball.cli.project import find, start_django
from flyball.domain.errors import FlyballError
from flyball.serving.http import problems

EXIT_CODES = {"confirmation_needed": 3, "policy_unmet": 4, "conflict": 5}
"""What a script can tell apart; any other error is 1, wrong usage is 2."""

LEARNING = frozenset({"duckdb", "optuna", "pandas", "pyarrow", "sklearn", "skops", "threadpoolctl"})
"""What the extra of that name installs, as it is imported."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
"""What every command takes, outside a project too."""


class Failure(click.ClickException):
    """An error of the domain, as a command ends with it."""

    def __init__(self, error: FlyballError, *, as_json: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.as_json = as_json
        self.exit_code = EXIT_CODES.get(error.code, 1)  # type: ignore[misc]  # click reads the instance's

    def show(self, file: Any = None) -> None:
        """Print it to standard error: a sentence for people, a document for programs."""
        if not self.as_json:
            super().show(file)
            return
        errors = [problems.as_json(problem) for problem in self.error.problems]
        document = {"code": self.error.code, "detail": self.error.detail, "errors": errors}
        click.echo(json.dumps(document), err=True)


def command(function: Callable[..., Any]) -> click.Command:
    """A command inside a project: Django is set up, and ``output`` is the first argument."""
    return _made(function, nullcontext)


def passing(function: Callable[..., Any]) -> click.Command:
    """A command that leaves nothing in the project: what settings keep in Flyball's home ends with it."""
    return _made(function, _temporary_home)


def _made(function: Callable[..., Any], home: Callable[[], AbstractContextManager[None]]) -> click.Command:
    @json_option
    @functools.wraps(function)
    def run(as_json: bool, **arguments: Any) -> Any:
        project = find(Path.cwd())
        if project is None:
            raise click.UsageError("There is no project here (no manage.py). Start one: flyball init NAME")
        with home():
            start_django(project)
            return answered(function, Output(as_json=as_json), arguments)

    return click.command(help=described(function))(run)


@contextmanager
def _temporary_home() -> Iterator[None]:
    from django.apps import apps

    if apps.ready:  # by manage.py, whose settings have their home already
        yield
        return
    before = os.environ.get("FLYBALL_HOME")
    with TemporaryDirectory(prefix="flyball-home-") as folder:
        os.environ["FLYBALL_HOME"] = folder
        try:
            yield
        finally:
            del os.environ["FLYBALL_HOME"]
            if before is not None:
                os.environ["FLYBALL_HOME"] = before


def described(function: Callable[..., Any]) -> str:
    """A command's help: its docstring, with examples kept line by line."""
    return inspect.cleandoc(function.__doc__ or "").replace("Examples:\n", "\b\nExamples:\n")


def answered(function: Callable[..., Any], output: Output, arguments: dict[str, Any]) -> Any:
    """Run a command; what a user can put right ends it with a sentence."""
    from django.db.utils import OperationalError, ProgrammingError

    try:
        return function(output, **arguments)
    except FlyballError as error:
        raise Failure(error, as_json=output.as_json) from error
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in LEARNING:
            raise
        absent = FlyballError(
            f'{error.name} is missing here. Install it: pip install "django-flyball[learning]"'
        )
        raise Failure(absent, as_json=output.as_json) from error
    except (OperationalError, ProgrammingError) as error:
        if "flyball_" not in str(error) and "does not exist" not in str(error):
            raise
        missing = FlyballError("The database lacks Flyball's tables. Make them: python manage.py migrate")
        raise Failure(missing, as_json=output.as_json) from error
