"""How many connections a process may hold: as many as are wanted, and as its file descriptors allow."""

from __future__ import annotations

from flyball.domain.errors import Unusable

KEPT = 256
"""File descriptors that are not for connections: the database's, the models', and those of what is read."""
FEWEST = 64
"""With fewer connections no server is of use."""


def most_connections(wanted: int) -> int:
    """Raise this process's limit of open files as far as is needed; what it starts has the same.

    Gives ``wanted``, or fewer where the system allows no more: a process without a free descriptor can
    neither take a connection nor open its database. Raises ``Unusable`` where there is no room at all.
    """
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + KEPT
    allowed = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    most = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - KEPT)
    if most < FEWEST:
        raise Unusable(f"A server needs {FEWEST + KEPT} open files or more: raise the limit (ulimit -n).")
    return most
