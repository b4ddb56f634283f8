"""A stored prediction computed again, from the artifact's digest and the stored input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flyball.domain.records import Prediction
from flyball.domain.routing import Manifest, Route, same_output
from flyball.domain.schema import escape
from flyball.serving.coalescer import Coalescer
from flyball.serving.loader import Loader
from flyball.serving.pool import decision_of
from flyball.serving.readers import Readers
from flyball.stores import routes


@dataclass(frozen=True, slots=True)
class Difference:
    """A place of the answer (a JSON pointer), what is stored there and what comes out now."""

    pointer: str
    stored: Any
    computed: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came out again. Without ``differences`` it is the same answer.

    ``digest`` and ``runtime`` are the artifact's; ``tolerance`` is the runtime's own, absolute or relative,
    and labels are compared exactly.
    """

    prediction: Prediction
    digest: str
    runtime: str
    tolerance: float
    output: Mapping[str, Any]
    decision: str | None
    differences: tuple[Difference, ...]


class Replayer:
    """Computes stored predictions again, also those of versions that no route names any more."""

    def __init__(self, readers: Readers, loader: Loader, coalescer: Coalescer) -> None:
        self._readers = readers
        self._loader = loader
        self._coalescer = coalescer

    def replay(self, stored: Prediction) -> Replay:
        """The answer to the same input again; nothing is recorded. Blocks while the version is loaded.

        Raises ``UnknownVersion`` where it was removed, ``Overloaded``, ``ModelFailed``, and what loading
        raises.
        """
        manifest, route = self._readers.read(lambda connection: self._published(connection, stored))
        runtime = self._loader.loaded(manifest).result()
        (output,) = self._coalescer.submit(runtime, [stored.input]).result()
        decision = None if route is None else decision_of(route, manifest)
        decided = None if decision is None else decision.decide(output)
        answering = manifest.answering
        return Replay(
            prediction=stored,
            digest=answering.digest,
            runtime=answering.runtime,
            tolerance=answering.tolerance,
            output=output,
            decision=decided,
            differences=(
                *_differences("/output", stored.output, output, answering.tolerance),
                *_differences("/decision", stored.decision, decided, 0.0),
            ),
        )

    def _published(self, connection: Any, stored: Prediction) -> tuple[Manifest, Route | None]:
        database = self._readers.database
        manifest = routes.manifest(database, connection, stored.endpoint, stored.version)
        return manifest, routes.revision(database, connection, stored.endpoint, stored.route)


def _differences(pointer: str, stored: Any, computed: Any, tolerance: float) -> Iterator[Difference]:
    if isinstance(stored, Mapping) and isinstance(computed, Mapping):
        for name in dict.fromkeys([*stored, *computed]):
            place = f"{pointer}/{escape(name)}"
            yield from _differences(place, stored.get(name), computed.get(name), tolerance)
    elif not same_output(stored, computed, tolerance):
        yield Difference(pointer, stored, computed)
