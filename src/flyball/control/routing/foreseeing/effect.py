"""The effect of a promotion or a rollback on the last predictions: asked of the version that would answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from flyball.control.connection import database
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing.foreseeing.answers import Asking
from flyball.control.routing.foreseeing.following import Following, after_promotion, after_rollback
from flyball.domain.errors import Conflict
from flyball.domain.records import Prediction
from flyball.domain.values import moment_text
from flyball.stores import records

if TYPE_CHECKING:
    from flyball.control.jobs.running import Run

PREDICTIONS = 1000
"""The last ones that are looked at."""
PAGE = 100
"""Rows of one question to the model, and of one read."""


def carry_out(run: Run, *, version: int, rollback: bool = False) -> dict[str, Any]:
    """The job: what ``effect`` gives."""
    return effect(registry.version(run.endpoint or "", version), rollback=rollback, report=run.report)


def effect(version: Version, *, rollback: bool = False, report: Any = None) -> dict[str, Any]:
    """How the last predictions of an endpoint would have come out if this version had answered them.

    It is asked with the inputs as they were recorded, looked-up features among them; nothing is recorded.
    ``rollback`` compares with the route that a rollback would bring back. Raises the errors of loading and
    ``GoldenMismatch``, ``DeclarationError``, and ``Conflict`` where a rollback leads to another version.
    """
    following = foreseen(version, rollback=rollback)
    runtime = registry.loaded(version)
    asking = Asking(following.champion, runtime, following.route.champion.decision)
    moments: list[Any] = []
    for page in _pages(version.endpoint_id):
        asking.ask(page)
        moments += [each.created_at for each in page]
        if report is not None:
            report(progress=len(moments) / PREDICTIONS, message=f"asking {version}")
    before = following.champion_before
    return {
        "version": version.number,
        "champion": None if before is None else before.number,
        "revision": 0 if following.current is None else following.current.number,
        "from": moment_text(moments[-1]) if moments else None,
        "to": moment_text(moments[0]) if moments else None,
        **asking.tally.document(),
    }


def foreseen(version: Version, *, rollback: bool = False) -> Following:
    """The route that would follow. Raises as ``after_promotion``, ``after_rollback``; ``Conflict``."""
    if not rollback:
        return after_promotion(version)
    following = after_rollback(version.endpoint_id)
    if following.route.champion.version != version.number:
        raise Conflict(f"A rollback would not bring back {version}.")
    return following


def _pages(endpoint: str) -> Iterator[list[Prediction]]:
    """The last predictions, newest first, in short reads: on SQLite none may stay open for long."""
    store, before, left = database(), None, PREDICTIONS
    with closing(store.connect_read_only()) as connection:
        while left:
            limit = min(PAGE, left)
            page = records.find(store, connection, endpoints=[endpoint], before=before, limit=limit)
            if not page:
                return
            yield page
            before, left = page[-1].id, left - len(page)
