"""The version of a batch, loaded here, with the route that it decides and looks up by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from flyball.batches.models import Batch
from flyball.control.registry import selectors as registry
from flyball.control.routing import selectors as routing
from flyball.domain.routing import Decision, Lookup, Manifest, Route
from flyball.domain.values import Scalar
from flyball.inference.finished import Whole, whole
from flyball.serving.pool import decision_of
from flyball.serving.preparing import csv_rows, features

if TYPE_CHECKING:
    from flyball.inference.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Pinned:
    """What answers all rows of a batch, whatever is promoted meanwhile."""

    route: Route
    manifest: Manifest
    runtime: Runtime
    whole: Whole | None
    decision: Decision | None
    is_undecided: bool
    needed: tuple[Lookup, ...]
    readers: Mapping[str, Callable[[str], Any]]
    arm: str | None

    @property
    def classes(self) -> tuple[Scalar, ...]:
        """The labels, in the order of probabilities."""
        return self.manifest.classes


def pinned(batch: Batch) -> Pinned:
    """Load it. Raises ``UnknownVersion`` where it was removed since, ``Conflict`` where features are gone,
    and what loading raises.
    """
    route = routing.document(routing.revision(batch.endpoint_id, batch.route))
    version = registry.version(batch.endpoint_id, batch.version)
    manifest = registry.manifest(version)
    decision = decision_of(route, manifest)
    runtime = registry.loaded(version)
    return Pinned(
        route=route,
        manifest=manifest,
        runtime=runtime,
        whole=whole(runtime, manifest, partial(registry.artifact, manifest.answering.digest)),
        decision=decision,
        is_undecided=decision is None and route.champion.decision is not None,
        needed=tuple(features.used(manifest, route.lookups)),
        readers=csv_rows.readers(manifest.schema.of("request")),
        arm=None if batch.wanted.is_named else "champion",
    )
