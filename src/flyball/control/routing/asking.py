"""Asking for builds: the same words from every door are the same job."""

from __future__ import annotations

from typing import Any

from flyball.control.declarations import selectors as endpoints
from flyball.control.jobs import services
from flyball.control.jobs.models import Job


def build(
    endpoint: str,
    *,
    snapshot: str | None = None,
    candidate: str | None = None,
    promote: bool = False,
    yes: bool = False,
    again: bool = False,
    user: Any = None,
) -> Job:
    """Ask for a build, in the caller's own transaction; a worker carries out the job that is returned.

    ``snapshot`` is a digest; the rest is as for ``flyball build``. Where the same build waits or runs
    already, its job is returned, unless ``again``. Raises ``UnknownEndpoint`` and ``Retired``.
    """
    return ask_build(
        endpoint, snapshot=snapshot, candidate=candidate, promote=promote, yes=yes, again=again, user=user
    )[0]


def ask_build(endpoint: str, *, again: bool = False, user: Any = None, **arguments: Any) -> tuple[Job, bool]:
    """The same, and whether the job is a new one. Arguments that say nothing are left out."""
    return services.ask_once(
        kind="build",
        endpoint=endpoints.endpoint(endpoint),
        arguments={name: value for name, value in arguments.items() if value},
        user=user,
        again=again,
    )
