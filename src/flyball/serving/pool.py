"""Loaded versions behind their routes: one table, never changed, swapped whole."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flyball.domain.access import Principal
from flyball.domain.errors import FlyballError, NotReady, Overloaded, UnknownEndpoint
from flyball.domain.routing import Manifest, Route
from flyball.domain.schema import Checked, Schema, check, union
from flyball.inference.runtime import Runtime
from flyball.serving.checker import Checker
from flyball.stores.routes import Published

logger = logging.getLogger(__name__)

UNROUTED = 4
"""How many versions that no route names stay loaded, for requests that ask for them by number."""

Load = Callable[[Manifest], Runtime]
"""Reads the artifact, opens it and proves its golden answers; raises a ``FlyballError`` otherwise."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version that has been loaded and has given its golden answers."""

    manifest: Manifest
    runtime: Runtime


@dataclass(frozen=True, slots=True)
class Served:
    """An endpoint's route with every version that it names; ``schema`` is the union of theirs."""

    route: Route
    versions: Mapping[int, Loaded]
    schema: Schema
    checkers: Mapping[int, Checker]

    def check(self, loaded: Loaded, values: Mapping[str, object], pointer: str) -> Checked:
        """Check what a request brings for one version; fields of other routed versions are let pass."""
        checker = self.checkers.get(loaded.manifest.number)
        if checker is not None:
            return checker.check(values, pointer)
        schema = loaded.manifest.schema.of("request")
        return check(schema, values, pointer=pointer, known=frozenset(self.schema.of("request").names))


@dataclass(frozen=True, slots=True)
class Table:
    """All that is in force in this process. ``failures`` say which endpoints kept an older route, and why."""

    endpoints: Mapping[str, Served] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    principals: Mapping[str, Principal] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)

    def mine(self, principal: Principal) -> frozenset[str]:
        """The names of the endpoints that the principal's team has."""
        return frozenset(name for name, team in self.teams.items() if team == principal.team)

    def served(self, principal: Principal, endpoint: str) -> Served:
        """An endpoint of the principal's team. Raises ``UnknownEndpoint``, ``NotReady``."""
        if self.teams.get(endpoint) != principal.team:
            raise UnknownEndpoint
        if endpoint not in self.endpoints:
            raise NotReady
        return self.endpoints[endpoint]


class Pool:
    """The table in force. Reading it is one attribute; ``publish`` runs in one thread at a time."""

    def __init__(self) -> None:
        self._table: Table | None = None
        self._unrouted: OrderedDict[tuple[str, int], Loaded] = OrderedDict()
        self._loading = threading.Lock()

    @property
    def table(self) -> Table:
        """What is in force. Raises ``NotReady`` before anything has been published."""
        if self._table is None:
            raise NotReady("The server has not read its routes yet.")
        return self._table

    def publish(self, published: Published, load: Load) -> None:
        """Load what is new and swap. An endpoint whose route does not load keeps its last good one."""
        before = self._table or Table()
        endpoints: dict[str, Served] = {}
        failures = dict(published.faults)
        for name in published.teams:
            try:
                if name in published.routes:
                    endpoints[name] = _serve(published.routes[name], published, before, load)
            except Overloaded:
                raise  # the database is away: nothing is known about this route, so nothing changes
            except Exception as error:  # a model may fail in any way, and others must go on
                failures[name] = error.code if isinstance(error, FlyballError) else type(error).__name__
                logger.exception("The new route of %s does not load; the last good one stays.", name)
            if name in failures and name in before.endpoints:
                endpoints[name] = before.endpoints[name]
        self._table = Table(endpoints, published.teams, published.principals, failures)

    def unrouted(self, manifest: Manifest, load: Load) -> Loaded:
        """A version that no route names, loaded now or kept from before; the least used are let go."""
        key = (manifest.endpoint, manifest.number)
        with self._loading:
            loaded = self._unrouted.get(key)
            if loaded is None or loaded.manifest != manifest:
                loaded = Loaded(manifest, load(manifest))
            self._unrouted[key] = loaded
            self._unrouted.move_to_end(key)
            while len(self._unrouted) > UNROUTED:
                self._unrouted.popitem(last=False)
        return loaded


def _serve(route: Route, published: Published, before: Table, load: Load) -> Served:
    known = before.endpoints[route.endpoint].versions if route.endpoint in before.endpoints else {}
    versions = {}
    for arm in route.arms:
        manifest = published.manifests[route.endpoint, arm.version]
        kept = known.get(arm.version)
        same = kept is not None and kept.manifest == manifest
        versions[arm.version] = kept if kept and same else Loaded(manifest, load(manifest))
    schema = union(each.manifest.schema for each in versions.values())
    others = frozenset(schema.of("request").names)
    checkers = {
        number: Checker(each.manifest.schema.of("request"), others) for number, each in versions.items()
    }
    return Served(route, versions, schema, checkers)
