"""Calling a job's service, and writing down how that ended."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator

from django.db import close_old_connections
from django.utils.module_loading import import_string

from flyball.control.jobs import kinds, running
from flyball.control.jobs.running import Run
from flyball.domain.errors import FlyballError, JobCancelled, JobLost, Overloaded, Unusable
from flyball.domain.extras import missing

OUT_OF_MEMORY = 71
"""How a process ends that needed more memory than it may have: it cannot be trusted to write that down."""
DRIVERS = ("django.db.utils", "sqlite3", "psycopg")


def perform(
    run: Run, *, is_limited: bool = False, is_told_to_end: Callable[[], bool] = lambda: False
) -> None:
    """Carry a job out in this thread and end it. With ``is_limited``, too little memory ends the process.

    Raises ``JobLost`` where another worker has the job by now.
    """
    try:
        kind = kinds.find(run.kind)
        result = import_string(kind.service)(run, **run.arguments)
        if running.is_running(run):  # else the service has ended it, in a transaction of its own
            running.succeed(run, result)
    except JobLost:
        raise
    except JobCancelled:
        running.cancelled(run)
    except Exception as error:  # whatever a service raises ends its job, not the worker
        if is_told_to_end():
            raise SystemExit from error  # a library made an error of that: it is no failure of the job
        if is_limited and _is_out_of_memory(error):
            os._exit(OUT_OF_MEMORY)
        close_old_connections()  # the one that failed
        known = _known(error)
        running.fail(run, str(known), can_pass=can_pass(error), code=known.code)


def can_pass(error: BaseException) -> bool:
    """Whether an error may be gone a while later: too much to do, or a database that is away."""
    return any(isinstance(each, Overloaded) or _is_of_a_connection(each) for each in _chain(error))


def _is_of_a_connection(error: BaseException) -> bool:
    names = {each.__name__ for each in type(error).__mro__ if each.__module__.startswith(DRIVERS)}
    return bool(names & {"OperationalError", "InterfaceError"})


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, Unusable):
        return False  # a full disk, of which DuckDB tells as of too little memory
    return any(
        isinstance(each, MemoryError)
        or type(each).__name__ == "OutOfMemoryException"  # DuckDB's, which is not to be imported for that
        or (isinstance(each, OSError) and each.errno == errno.ENOMEM)
        for each in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _known(error: BaseException) -> FlyballError:
    if isinstance(error, FlyballError):
        return error
    return missing(error) or FlyballError(f"{type(error).__name__}: {error}")
