"""A call on its way: what answers each of its rows, and what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from flyball.domain.routing import FALLBACK, Manifest
from flyball.inference.runtime import Runtime
from flyball.serving.calls import Call
from flyball.serving.loader import AWAY
from flyball.serving.pool import Answering, Assigned, Served, Spare


class Request(msgspec.Struct, frozen=True):
    """A call to an endpoint, and what answers it: ``versions`` by number, and each row's own.

    Nothing yet where a version is asked for that the route does not name. ``idempotency`` and ``digest`` are
    the call's digests where it has a key.
    """

    served: Served
    call: Call
    began: int
    idempotency: str | None
    digest: str
    versions: Mapping[int, Answering]
    assigned: Sequence[Assigned]

    @property
    def spare(self) -> Spare | None:
        """The fallback that stands behind it; none behind a version that is asked for by number."""
        return None if self.call.version is not None else self.served.spare

    def behind(self, places: Sequence[int]) -> Request:
        """Some of its rows, answered by the fallback under the arms that they were assigned to."""
        spare = self.served.spare
        if spare is None:
            raise ValueError("No fallback stands behind the request.")
        version, rows = spare.version, self.call.rows
        return msgspec.structs.replace(
            self,
            call=msgspec.structs.replace(self.call, rows=tuple(rows[place] for place in places)),
            versions={version.manifest.number: version},
            assigned=[
                msgspec.structs.replace(self.assigned[place], version=version, answered=FALLBACK)
                for place in places
            ],
        )

    def by(self, version: Answering, arm: str | None) -> Request:
        """The same, all of it answered by one version."""
        assigned = [Assigned(version, arm)] * len(self.call.rows)
        return msgspec.structs.replace(self, versions={version.manifest.number: version}, assigned=assigned)

    def loaded(self, runtimes: Mapping[int, Runtime]) -> Request:
        """The same with the runtimes of some of its versions, by number."""

        def here(version: Answering) -> Answering:
            runtime = runtimes.get(version.manifest.number)
            return version if runtime is None else replace(version, runtime=runtime)

        return msgspec.structs.replace(
            self,
            versions={number: here(each) for number, each in self.versions.items()},
            assigned=[msgspec.structs.replace(each, version=here(each.version)) for each in self.assigned],
        )

    @property
    def away(self) -> list[Manifest]:
        """Those of its versions that have to be loaded first."""
        return [each.manifest for each in self.versions.values() if each.runtime is AWAY]
