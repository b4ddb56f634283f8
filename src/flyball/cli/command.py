"""How every command is made: it finds the project, and what a user can put right ends it with a sentence."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from flyball.cli.failures.explaining import explained
from flyball.cli.printing.output import Output
from flyball.cli.project.location import find, start_django

json_option = click.option(
    "--json", "as_json", is_flag=True, expose_value=False, help="Print one JSON document."
)
"""What every command takes. ``Commands`` reads it wherever it stands; here it is for the help alone."""


def command(function: Callable[..., Any]) -> click.Command:
    """A command inside a project: Django is set up, and ``output`` is the first argument."""
    return _made(function, _in_project, nullcontext)


def command_that_leaves_nothing(function: Callable[..., Any]) -> click.Command:
    """The same; what settings keep in Flyball's home is gone when it ends."""
    return _made(function, _in_project, _temporary_home)


def command_anywhere(function: Callable[..., Any]) -> click.Command:
    """A command that needs no project and starts no Django."""
    return _made(function, lambda: None, nullcontext)


def _made(
    function: Callable[..., Any],
    prepare: Callable[[], None],
    home: Callable[[], AbstractContextManager[None]],
) -> click.Command:
    @json_option
    @functools.wraps(function)
    def run(**arguments: Any) -> Any:
        output = click.get_current_context().find_object(Output) or Output(as_json=False)
        with explained(), home():
            prepare()
            return function(output, **arguments)

    return click.command(help=described(function))(run)


def _in_project() -> None:
    project = find(Path.cwd())
    if project is None:
        raise click.UsageError("There is no project here (no manage.py). Start one: flyball init NAME")
    start_django(project)


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
