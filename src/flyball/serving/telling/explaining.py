"""Why predictions are what they are: computed from their versions and their stored inputs, stored nowhere."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from flyball.domain.access import Principal
from flyball.domain.errors import FlyballError, ModelFailed, Overloaded, Problem
from flyball.domain.reasons.told import Counterfactual, Counterfactuals, Reasons
from flyball.domain.records import Prediction
from flyball.domain.routing import Decision, Manifest, Route
from flyball.domain.values import label_text
from flyball.inference.reasons.explained import Explainer, largest
from flyball.inference.reasons.turning import Turning
from flyball.inference.runtime import Runtime
from flyball.serving.loader import Loader
from flyball.serving.pool import Pool, decision_of
from flyball.serving.readers import Readers
from flyball.stores import routes

PLACE = "?reasons"
"""Where a warning points that says why an answer has no reasons."""
UNCHANGEABLE = "No field of this version is declared changeable."
UNDECIDED = "Nothing is decided about this answer that could turn."
UNTURNED = (
    "No change of one or two changeable fields that was tried inside of their ranges turns the decision."
)


MOST = 64
"""Answers that are explained, or wait for it, at once: predictions wait for none of them."""
FULL = "As many answers are being explained as can be; try again shortly."


class Wanted(NamedTuple):
    """How many reasons of each answer are asked for, and how many counterfactuals."""

    reasons: int
    counterfactuals: int = 0


NOTHING = Wanted(0)


class Explaining:
    """Explains predictions; what takes long does so in a few threads, never on an event loop.

    ``most`` is how many are under way at once.
    """

    def __init__(self, pool: Pool, readers: Readers, loader: Loader, most: int = MOST) -> None:
        self._pool = pool
        self._readers = readers
        self._loader = loader
        self._threads = ThreadPoolExecutor(min(2, os.cpu_count() or 1), "flyball-reasons")
        self._room = threading.Semaphore(most)

    async def reasons(self, principal: Principal, one: Prediction, wanted: Wanted) -> Reasons:
        """The largest reasons of a prediction; values that the principal may not read are not told.

        Raises ``NoReasons``, ``UnknownVersion``, ``Overloaded``, ``ModelFailed``, and what loading raises.
        """
        with self._turn():
            manifest = self._routed(one)
            if manifest is None:
                manifest = await self._readers.run(lambda: self._stored(one))
            explainer = await asyncio.wrap_future(self._loader.explainer(manifest))
            if explainer.direct and not wanted.counterfactuals:
                return _told(explainer, manifest, principal, one, wanted.reasons)
            runtime = await asyncio.wrap_future(self._loader.loaded(manifest))
            compute = partial(self._computed, explainer, runtime, manifest, principal, one, wanted)
            try:
                computing = self._threads.submit(compute)
            except RuntimeError:
                raise Overloaded from None  # closed
            return await asyncio.wrap_future(computing)

    def reasons_now(self, principal: Principal, one: Prediction, wanted: Wanted) -> Reasons:
        """The same, blocking."""
        with self._turn():
            manifest = self._routed(one) or self._stored(one)
            explainer = self._loader.explainer(manifest).result()
            runtime = self._loader.loaded(manifest).result()
            return self._computed(explainer, runtime, manifest, principal, one, wanted)

    async def explained(
        self, principal: Principal, many: Sequence[Prediction], wanted: Wanted
    ) -> list[Prediction]:
        """Predictions with the reasons wanted; or, where one has none, with a warning that says why."""
        if not wanted.reasons:
            return list(many)
        found = []
        for one in many:
            try:
                found.append(replace(one, reasons=await self.reasons(principal, one, wanted)))
            except FlyballError as error:
                found.append(_without(one, error))
            await asyncio.sleep(0)  # others have their turn between two rows
        return found

    def explained_now(
        self, principal: Principal, many: Sequence[Prediction], wanted: Wanted
    ) -> list[Prediction]:
        """The same, blocking."""
        if not wanted.reasons:
            return list(many)
        found = []
        for one in many:
            try:
                found.append(replace(one, reasons=self.reasons_now(principal, one, wanted)))
            except FlyballError as error:
                found.append(_without(one, error))
        return found

    def close(self) -> None:
        """Explain what waits, then end the threads."""
        self._threads.shutdown()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Raises ``Overloaded`` where as many are under way as may."""
        if not self._room.acquire(blocking=False):
            raise Overloaded(FULL)
        try:
            yield
        finally:
            self._room.release()

    def _computed(
        self,
        explainer: Explainer,
        runtime: Runtime,
        manifest: Manifest,
        principal: Principal,
        one: Prediction,
        wanted: Wanted,
    ) -> Reasons:
        told = _told(explainer, manifest, principal, one, wanted.reasons)
        if not wanted.counterfactuals:
            return told
        route = self._readers.read(lambda connection: self._route(connection, one))
        decision = None if route is None else decision_of(route, manifest)
        turned = _turned(explainer, runtime, manifest, decision, one, wanted.counterfactuals)
        return replace(told, counterfactuals=_shown(turned, manifest, principal))

    def _routed(self, one: Prediction) -> Manifest | None:
        served = self._pool.table.endpoints.get(one.endpoint)
        answering = None if served is None else served.versions.get(one.version)
        return None if answering is None else answering.manifest

    def _stored(self, one: Prediction) -> Manifest:
        database = self._readers.database

        def read(connection: Any) -> Manifest:
            return routes.manifest(database, connection, one.endpoint, one.version)

        return self._readers.read(read)

    def _route(self, connection: Any, one: Prediction) -> Route | None:
        return routes.revision(self._readers.database, connection, one.endpoint, one.route)


def _told(
    explainer: Explainer, manifest: Manifest, principal: Principal, one: Prediction, most: int
) -> Reasons:
    try:
        found = explainer.explain(one.input, one.output)
    except FlyballError:
        raise
    except Exception as error:  # noqa: BLE001 - numbers of a file from outside may meet in any way
        # The message may repeat a value that was sent; only its kind is told.
        raise ModelFailed(f"The answer could not be explained ({type(error).__name__}).") from None
    return largest(found, manifest.schema, one.input, most, only_sent=not principal.may("viewer"))


def _turned(
    explainer: Explainer,
    runtime: Runtime,
    manifest: Manifest,
    decision: Decision | None,
    one: Prediction,
    most: int,
) -> Counterfactuals:
    """The smallest changes that turn what was decided; without a decision, the label."""

    def decide(output: Mapping[str, Any]) -> str:
        return label_text(output["label"]) if decision is None else decision.decide(output)

    if decision is None and manifest.task != "classification":
        return Counterfactuals("", (), UNDECIDED)
    fields = [field for field in manifest.schema.fields if field.name in explainer.changeable]
    turning = Turning(runtime, decide, fields, one.input)
    found = tuple(turning.smallest(most)) if fields else ()
    none = "" if found else UNTURNED if fields else UNCHANGEABLE
    return Counterfactuals(turning.before, found, none)


def _shown(turned: Counterfactuals, manifest: Manifest, principal: Principal) -> Counterfactuals:
    """The same without the values that were looked up, where the principal may not read them."""
    if principal.may("viewer"):
        return turned
    sent = set(manifest.schema.of("request").names)

    def shown(each: Counterfactual) -> Counterfactual:
        changes = [
            change if change.field in sent else replace(change, value=None, is_told=False)
            for change in each.changes
        ]
        return replace(each, changes=tuple(changes))

    return replace(turned, found=tuple(map(shown, turned.found)))


def _without(one: Prediction, error: FlyballError) -> Prediction:
    return replace(one, warnings=(*one.warnings, Problem(PLACE, error.code, error.detail)))
