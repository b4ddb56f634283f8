"""Why predictions are what they are: computed from their versions and their stored inputs, stored nowhere."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from flyball.domain.access import Principal
from flyball.domain.errors import FlyballError, ModelFailed, Overloaded, Problem
from flyball.domain.reasons.told import Reasons
from flyball.domain.records import Prediction
from flyball.domain.routing import Manifest
from flyball.inference.reasons.explained import Explainer, largest
from flyball.serving.loader import Loader
from flyball.serving.pool import Pool
from flyball.serving.readers import Readers
from flyball.stores import routes

PLACE = "?reasons"
"""Where a warning points that says why an answer has no reasons."""


class Explaining:
    """Explains predictions; what takes long does so in a few threads, never on an event loop."""

    def __init__(self, pool: Pool, readers: Readers, loader: Loader) -> None:
        self._pool = pool
        self._readers = readers
        self._loader = loader
        self._threads = ThreadPoolExecutor(min(2, os.cpu_count() or 1), "flyball-reasons")

    async def reasons(self, principal: Principal, one: Prediction, most: int) -> Reasons:
        """The largest ``most`` reasons of a prediction; values that the principal may not read are not told.

        Raises ``NoReasons``, ``UnknownVersion``, ``Overloaded``, ``ModelFailed``, and what loading raises.
        """
        manifest = self._routed(one)
        if manifest is None:
            manifest = await self._readers.run(lambda: self._stored(one))
        explainer = await asyncio.wrap_future(self._loader.explainer(manifest))
        if explainer.direct:
            return _told(explainer, manifest, principal, one, most)
        try:
            computing = self._threads.submit(_told, explainer, manifest, principal, one, most)
        except RuntimeError:
            raise Overloaded from None  # closed
        return await asyncio.wrap_future(computing)

    def reasons_now(self, principal: Principal, one: Prediction, most: int) -> Reasons:
        """The same, blocking."""
        manifest = self._routed(one) or self._stored(one)
        return _told(self._loader.explainer(manifest).result(), manifest, principal, one, most)

    async def explained(
        self, principal: Principal, many: Sequence[Prediction], most: int
    ) -> list[Prediction]:
        """Predictions with their reasons; or, where one has none, with a warning that says why."""
        found = []
        for one in many:
            try:
                found.append(replace(one, reasons=await self.reasons(principal, one, most)))
            except FlyballError as error:
                found.append(_without(one, error))
            await asyncio.sleep(0)  # others have their turn between two rows
        return found

    def explained_now(self, principal: Principal, many: Sequence[Prediction], most: int) -> list[Prediction]:
        """The same, blocking."""
        found = []
        for one in many:
            try:
                found.append(replace(one, reasons=self.reasons_now(principal, one, most)))
            except FlyballError as error:
                found.append(_without(one, error))
        return found

    def close(self) -> None:
        """Explain what waits, then end the threads."""
        self._threads.shutdown()

    def _routed(self, one: Prediction) -> Manifest | None:
        served = self._pool.table.endpoints.get(one.endpoint)
        answering = None if served is None else served.versions.get(one.version)
        return None if answering is None else answering.manifest

    def _stored(self, one: Prediction) -> Manifest:
        database = self._readers.database

        def read(connection: Any) -> Manifest:
            return routes.manifest(database, connection, one.endpoint, one.version)

        return self._readers.read(read)


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


def _without(one: Prediction, error: FlyballError) -> Prediction:
    return replace(one, warnings=(*one.warnings, Problem(PLACE, error.code, error.detail)))
