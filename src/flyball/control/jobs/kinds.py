"""The kinds of jobs. Each app registers its own when it is ready, by name: nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.domain.errors import NotFound

QUEUES = ("build", "batch", "default")
"""What a worker may be told to take from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job. ``service`` is the dotted name of what is called with a ``Run`` and the arguments.

    A heavy one is carried out in a process of its own, which may take ``memory_bytes`` and ``seconds``
    (``None``: as the settings say); a light one in a thread of the worker, without limits. ``abandoned`` is
    the dotted name of what is called with what the job has kept, when another attempt is to go on, or none.
    ``attempts`` is how often it is begun at most.
    """

    name: str
    queue: str
    service: str
    is_heavy: bool = False
    memory_bytes: int | None = None
    seconds: float | None = None
    attempts: int = 3
    abandoned: str = ""


KINDS: dict[str, Kind] = {}
"""Every kind by its name."""


def register(kind: Kind) -> None:
    """Add a kind. Raises ``ValueError`` for another one of that name, and for an unknown queue."""
    if kind.queue not in QUEUES:
        raise ValueError(f"{kind.name}: a queue is one of {', '.join(QUEUES)}.")
    if KINDS.setdefault(kind.name, kind) != kind:
        raise ValueError(f"There is another kind of job called {kind.name}.")


def find(name: str) -> Kind:
    """The kind of a name. Raises ``NotFound``, which lists those that there are."""
    if name not in KINDS:
        raise NotFound(f"There is no such kind of job here. There are: {', '.join(sorted(KINDS))}.")
    return KINDS[name]
