"""The kinds of jobs. Each app registers its own when it is ready, by name: nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import import_string

from flyball.domain.errors import NotFound

QUEUES = ("build", "batch", "default")
"""What a worker may be told to take from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job. ``service`` is the dotted name of what is called with a ``Run`` and the arguments.

    A heavy one is carried out in a process of its own, which may take ``memory_bytes`` and ``seconds``
    (``None``: as the settings say), and which has what others leave of the processors where it
    ``is_yielding``; what it ``loads`` are modules that such processes need and that start no threads: after a
    first job they are there for the next ones. A light one is carried out in a thread of the worker, and ends
    where it reports once its time is over.
    ``attempts`` is how often it is begun at most without getting on. ``told`` is the dotted name of what is
    told when the job waits again, or ends without success (``tell``). ``is_recurring`` says that it may be
    scheduled, and that one that failed needs somebody until a later one succeeds; one that ``is_dated`` takes
    the moment at which it was due then, as ``due_at``, in the schedule's own zone. One that ``is_part`` of
    other jobs' work was asked for by nobody: it is shown only where its kind is asked for, and gives its slot
    up where another one waits.
    """

    name: str
    queue: str
    service: str
    is_heavy: bool = False
    is_yielding: bool = False
    loads: tuple[str, ...] = ()
    memory_bytes: int | None = None
    seconds: float | None = None
    attempts: int = 3
    told: str = ""
    is_recurring: bool = True
    is_dated: bool = False
    is_part: bool = False


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


def parts() -> list[str]:
    """The names of those that are parts of other jobs' work."""
    return [name for name, kind in KINDS.items() if kind.is_part]


def tell(name: str, kept: Mapping[str, Any], status: str, error: str = "") -> None:
    """Tell a kind how its job stands, with what that has kept; in the transaction that writes it."""
    known = KINDS.get(name)
    if known is not None and known.told:
        import_string(known.told)(kept, status, error)
