"""The effect of a promotion or a rollback on the last predictions: asked of the version that would answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from flyball.control.connection import database
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Version
from flyball.control.routing import composition
from flyball.control.routing.foreseeing import questions
from flyball.control.routing.foreseeing.following import Following, after_promotion, after_rollback
from flyball.control.routing.foreseeing.tally import Tally
from flyball.domain.errors import Conflict
from flyball.domain.records import Prediction
from flyball.domain.routing import Decision, Manifest
from flyball.domain.values import Scalar, moment_text
from flyball.stores import records

if TYPE_CHECKING:
    from flyball.control.jobs.running import Run
    from flyball.inference.runtime import Runtime

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
    asking = _Asking(following.champion, runtime, following.route.champion.decision)
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


class _Asking:
    """Asks one version, a page at a time, and counts."""

    def __init__(self, manifest: Manifest, runtime: Runtime, decision: Decision | None) -> None:
        self.tally = Tally()
        self._schema = manifest.schema
        self._runtime = runtime
        self._decision = decision if composition.fits(decision, manifest) else None

    def ask(self, page: Sequence[Prediction]) -> None:
        """Ask with the inputs of a page."""
        asked = [(each, values) for each in page if (values := self._values(each)) is not None]
        for stored, output in zip(
            asked, questions.outputs(self._runtime, [values for _, values in asked]), strict=True
        ):
            if output is None:
                self.tally.refuse("The model gives no answer to it.")
            else:
                decided = None if self._decision is None else self._decision.decide(output)
                self.tally.add(stored[0], output, decided)

    def _values(self, stored: Prediction) -> dict[str, Scalar] | None:
        """The input as the version takes it; ``None`` where it cannot be asked, which is counted."""
        self.tally.looked_at += 1
        if stored.erased_at is not None:
            self.tally.erased += 1
            return None
        asked = questions.question(self._schema, stored)
        if asked.reason:
            self.tally.refuse(asked.reason)
            return None
        self.tally.without.update(asked.without)
        return asked.values
