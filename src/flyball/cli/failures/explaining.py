"""An exception as a sentence, where a user can put it right; Flyball's own mistakes keep their traceback."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from flyball.cli.failures.databases import of_the_database
from flyball.cli.failures.failure import Failure
from flyball.cli.failures.user_code import in_the_users_code
from flyball.domain.errors import FlyballError, Unusable
from flyball.domain.extras import missing

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""A disk, a quota or a file that takes no more."""


@contextmanager
def explained() -> Iterator[None]:
    """What a user can put right ends the block with ``Failure``."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except (Exception, SystemExit) as error:
        # An exit that a user's file asks for would end every command without a word.
        known = in_the_users_code(error) if isinstance(error, SystemExit) else sentence(error)
        if known is None:
            raise
        if os.environ.get("FLYBALL_DEBUG", "").lower() in {"1", "true"} and known is not error:
            traceback.print_exception(error)
        raise Failure(known) from error


def sentence(error: Exception) -> FlyballError | None:
    """What a user is told of an exception; ``None`` where it is a mistake of Flyball's own."""
    for explain in EXPLANATIONS:
        found = explain(error)
        if found is not None:
            return found
    return None


def _own(error: Exception) -> FlyballError | None:
    return error if isinstance(error, FlyballError) else None


def _of_djangos_command(error: Exception) -> FlyballError | None:
    ends = {"CommandError", "SystemCheckError", "ImproperlyConfigured"}
    names = {each.__name__ for each in type(error).__mro__ if each.__module__.startswith("django.")}
    return Unusable(_first_line(error)) if names & ends else None


def _of_the_system(error: Exception) -> FlyballError | None:
    if not isinstance(error, OSError):
        return None
    if error.filename is None:  # what was written to, and how far, nobody knows any more
        return Unusable(f"A file cannot be written: {error.strerror}.") if error.errno in FULL else None
    return Unusable(f"{error.filename} cannot be used: {error.strerror}.")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


EXPLANATIONS: tuple[Callable[[Exception], FlyballError | None], ...] = (
    _own,
    missing,
    of_the_database,
    _of_djangos_command,
    in_the_users_code,
    _of_the_system,
)
"""Asked in this order: a file that the user's own code misses is a matter of that code."""
