"""Loaded versions behind their routes: one table, never changed, swapped whole."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import msgspec

from flyball.domain.access import Keyring, Principal
from flyball.domain.errors import FlyballError, NotReady, Overloaded, Retired, UnknownEndpoint
from flyball.domain.records import now
from flyball.domain.routing import Arm, Decision, Manifest, Route
from flyball.domain.schema import Checked, Kind, Schema, check
from flyball.domain.values import Scalar
from flyball.inference.runtime import Runtime
from flyball.serving.assigning import Place, Running
from flyball.serving.checker import Checker
from flyball.stores.failures import Failure
from flyball.stores.routes import Published

logger = logging.getLogger(__name__)

Load = Callable[[Manifest], Runtime]
"""Reads the artifact, opens it and proves its golden answers; raises a ``FlyballError`` otherwise."""
Loaded = Mapping[tuple[str, int], tuple[Manifest, Runtime]]
"""Versions with their runtimes, by endpoint and number; the loader's ``AWAY`` for one that was let go."""
CheckInput = Callable[..., Checked]
"""Checks what a request brings; takes the values and ``pointer``, their place."""


LONGEST = 500
"""Characters of a sentence that says why something did not load."""


class _Unloaded(Exception):
    """A version of a route does not load; its cause says why."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


class _Broken:
    """In place of a version that does not load, where a fallback is behind it: it fails as loading did."""

    direct = True

    def __init__(self, error: Exception) -> None:
        self._error = error

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Any]]:
        """Nothing: raises why the version does not load."""
        raise self._error


@dataclass(frozen=True, slots=True)
class Answering:
    """A version as it answers on a route: it checks its own fields and makes its own decision.

    ``is_undecided`` says that the endpoint decides and this version's outputs do not fit the decision;
    ``looks_up`` that some of its features come from tables.
    """

    manifest: Manifest
    runtime: Runtime
    check: CheckInput
    decision: Decision | None
    is_undecided: bool
    looks_up: bool


class Assigned(msgspec.Struct, frozen=True):
    """What answers a row, under which arm's name (none: asked for by number), and the A/B test it is in.

    ``answered`` names the arm whose version it is where that is another one: the fallback.
    """

    version: Answering
    arm: str | None
    test: int | None = None
    propensity: float | None = None
    answered: str | None = None


class Spare(NamedTuple):
    """The fallback of a route: its version, and after how many seconds it answers (``None``: on failure)."""

    version: Answering
    deadline: float | None


@dataclass(frozen=True, slots=True)
class Served:
    """An endpoint's route with every version that it names, by number.

    ``known`` are the request's fields that some routed version takes, or some champion took. ``alone`` is
    the champion outside any test; ``test`` the A/B test in force; ``spare`` the fallback.
    """

    route: Route
    versions: Mapping[int, Answering]
    known: frozenset[str]
    champion: Answering
    alone: tuple[Mapping[int, Answering], Assigned]
    test: Running[Assigned] | None
    spare: Spare | None = None

    def beside(self, loaded: Loaded) -> Served:
        """The same with what is loaded, and without what is not any more; itself where nothing changes."""
        versions = {number: _beside(each, loaded) for number, each in self.versions.items()}
        if all(each is self.versions[number] for number, each in versions.items()):
            return self
        return _served(self.route, versions, self.known)

    def unrouted(self, manifest: Manifest, runtime: Runtime) -> Answering:
        """A version that the route does not name, as it answers here."""
        return _answering(self.route, manifest, runtime, partial(check, _request(manifest), known=self.known))


class Written(NamedTuple):
    """A document about a table, and its ``ETag``."""

    body: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Table:
    """All that is in force in this process. ``failures`` say which endpoints kept an older route, and why.

    ``by_team`` has the endpoints of ``endpoints`` that answer, by team and name. ``written`` keeps what doors
    have written about them, by the team that asked and the endpoints that its key is for.
    """

    endpoints: Mapping[str, Served] = field(default_factory=dict)
    by_team: Mapping[tuple[str, str], Served] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()
    keyring: Keyring = field(default_factory=Keyring)
    failures: Mapping[str, Failure] = field(default_factory=dict)
    written: dict[tuple[str, frozenset[str] | None], Written] = field(default_factory=dict, compare=False)

    @property
    def routed(self) -> frozenset[tuple[str, int]]:
        """The versions that routes name, by endpoint and number."""
        return frozenset((name, number) for name, each in self.endpoints.items() for number in each.versions)

    def mine(self, principal: Principal) -> frozenset[str]:
        """The names of the principal's endpoints."""
        return frozenset(name for name in self.teams if self.is_mine(principal, name))

    def is_mine(self, principal: Principal, endpoint: str) -> bool:
        """Whether the principal's team has that endpoint, and the principal's key is for it."""
        return self.teams.get(endpoint) == principal.team and principal.reaches(endpoint)

    def check_known(self, principal: Principal, endpoint: str) -> None:
        """Raises ``UnknownEndpoint`` where the principal has no such endpoint."""
        if not self.is_mine(principal, endpoint):
            raise UnknownEndpoint

    def served(self, principal: Principal, endpoint: str) -> Served:
        """An endpoint of the principal's team. Raises ``UnknownEndpoint``, ``Retired``, ``NotReady``."""
        self.check_known(principal, endpoint)
        if endpoint in self.retired:
            raise Retired
        if endpoint not in self.endpoints:
            raise NotReady
        return self.endpoints[endpoint]


class Pool:
    """The ``table`` in force. Reading it is one attribute; ``publish`` runs in one thread at a time.

    ``refresh_error`` says why the last look for new routes failed, and is empty where it did not;
    ``used_keys`` gathers the digests of keys that have been asked with, whatever table was in force.
    """

    def __init__(self) -> None:
        self.used_keys: set[str] = set()
        self.table = Table()
        self.refresh_error = ""

    def publish(self, published: Published, load: Load) -> None:
        """Load what is new and swap. An endpoint whose route does not load keeps its last good one."""
        before = self.table
        endpoints: dict[str, Served] = {}
        failures = {name: _failure(name, None, fault) for name, fault in published.faults.items()}
        for name in published.teams:
            try:
                if name in published.routes:
                    endpoints[name] = _serve(published.routes[name], published, before, load)
            except Overloaded:
                raise  # the database is away: nothing is known about this route, so nothing changes
            except Exception as error:  # a model may fail in any way, and others must go on
                failures[name] = _failed(name, error)
                logger.exception("The new route of %s does not load; the last good one stays.", name)
            if name in failures and name in before.endpoints:
                endpoints[name] = before.endpoints[name]
            elif name in failures and name in published.routes:
                with suppress(Exception):  # told already; without a fallback that loads, nothing answers
                    endpoints[name] = _serve_behind(published.routes[name], published, before, load)
        teams, retired = published.teams, published.retired
        self.table = Table(
            endpoints=endpoints,
            by_team=_by_team(endpoints, teams, retired),
            teams=teams,
            retired=retired,
            keyring=Keyring(published.keys, self.used_keys),
            failures={name: _continued(before.failures.get(name), each) for name, each in failures.items()},
        )

    def keep(self, loaded: Loaded) -> None:
        """Have these versions answer from memory, or wait for it. In the thread that publishes."""
        table = self.table
        endpoints = {name: served.beside(loaded) for name, served in table.endpoints.items()}
        if any(served is not table.endpoints[name] for name, served in endpoints.items()):
            by_team = _by_team(endpoints, table.teams, table.retired)
            self.table = replace(table, endpoints=endpoints, by_team=by_team)


def _by_team(
    endpoints: Mapping[str, Served], teams: Mapping[str, str], retired: Container[str]
) -> dict[tuple[str, str], Served]:
    return {(teams[name], name): each for name, each in endpoints.items() if name not in retired}


def _beside(answering: Answering, loaded: Loaded) -> Answering:
    manifest = answering.manifest
    key = (manifest.endpoint, manifest.number)
    known, runtime = loaded.get(key, (manifest, answering.runtime))
    if runtime is answering.runtime or known != manifest:
        return answering
    return replace(answering, runtime=runtime)


def _serve(route: Route, published: Published, before: Table, load: Load) -> Served:
    known = before.endpoints[route.endpoint].versions if route.endpoint in before.endpoints else {}
    manifests = {arm.version: published.manifests[route.endpoint, arm.version] for arm in route.answering}
    fields = {name for manifest in manifests.values() for name in _request(manifest).names}
    every = frozenset(fields.union(route.fields))
    versions = {}
    for number, manifest in manifests.items():
        kept = known.get(number)
        is_kept = kept and kept.manifest == manifest and not isinstance(kept.runtime, _Broken)
        runtime = kept.runtime if kept and is_kept else _opened(manifest, load)
        checker = Checker(_request(manifest), every)
        versions[number] = _answering(route, manifest, runtime, checker.check)
    return _served(route, versions, every)


def _serve_behind(route: Route, published: Published, before: Table, load: Load) -> Served:
    """A route of which not every version loads: calls to those that do not are the fallback's."""
    spare = route.fallback
    if spare is None:
        raise NotReady

    def load_or_not(manifest: Manifest) -> Runtime:
        try:
            return load(manifest)
        except Exception as error:
            if manifest.number == spare.version:
                raise
            return _Broken(error)

    return _serve(route, published, before, load_or_not)


def _served(route: Route, versions: Mapping[int, Answering], known: frozenset[str]) -> Served:
    number = route.champion.version
    champion = versions[number]
    return Served(
        route=route,
        versions=versions,
        known=known,
        champion=champion,
        alone=({number: champion}, Assigned(champion, "champion")),
        test=_running(route, versions),
        spare=_spare(route, versions),
    )


def _running(route: Route, versions: Mapping[int, Answering]) -> Running[Assigned] | None:
    arms = route.answering

    def answering(place: Place) -> Assigned:
        arm = arms[place.arm]
        return Assigned(_of_arm(route, arm, versions[arm.version]), arm.name, place.test, place.propensity)

    if route.test is None:
        return None
    schemas = (versions[arm.version].manifest.schema.of("request") for arm in arms)
    numbers = {field.name for schema in schemas for field in schema.fields if field.kind is Kind.NUMBER}
    return Running(route, route.test, answering, numbers)


def _spare(route: Route, versions: Mapping[int, Answering]) -> Spare | None:
    arm = route.fallback
    return None if arm is None else Spare(_of_arm(route, arm, versions[arm.version]), arm.deadline)


def _of_arm(route: Route, arm: Arm, answering: Answering) -> Answering:
    decision, decides = _fitting(arm.decision, answering.manifest), arm.decision or route.champion.decision
    return replace(answering, decision=decision, is_undecided=decision is None and decides is not None)


def _opened(manifest: Manifest, load: Load) -> Runtime:
    try:
        return load(manifest)
    except Overloaded:
        raise
    except Exception as error:
        raise _Unloaded(manifest.number) from error


def _failed(endpoint: str, error: Exception) -> Failure:
    version, cause = None, error
    if isinstance(error, _Unloaded) and isinstance(error.__cause__, Exception):
        version, cause = error.version, error.__cause__
    if isinstance(cause, FlyballError):
        return _failure(endpoint, version, cause.detail, cause.code)
    # Not its message: a library's may hold what somebody sent.
    return _failure(endpoint, version, f"It failed with {type(cause).__name__}; the log says where.")


def _failure(endpoint: str, version: int | None, sentence: str, code: str = FlyballError.code) -> Failure:
    said = sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 1]}…"
    return Failure(endpoint=endpoint, version=version, code=code, sentence=said, since=now())


def _continued(before: Failure | None, failure: Failure) -> Failure:
    """The one from before, where it is still the same: since when it fails stays."""
    return before if before is not None and replace(failure, since=before.since) == before else failure


def _answering(route: Route, manifest: Manifest, runtime: Runtime, check_input: CheckInput) -> Answering:
    alone = Answering(
        manifest=manifest,
        runtime=runtime,
        check=check_input,
        decision=None,
        is_undecided=False,
        looks_up=any(field.source != "request" for field in manifest.schema.fields),
    )
    return _of_arm(route, _arm(route, manifest.number), alone)


def decision_of(route: Route, manifest: Manifest) -> Decision | None:
    """What a route has a version decide; ``None`` for nothing, or where the version's outputs do not fit."""
    return _fitting(_arm(route, manifest.number).decision, manifest)


def _fitting(decision: Decision | None, manifest: Manifest) -> Decision | None:
    fits = decision is not None and decision.fits(manifest.task, manifest.classes)
    return decision if fits else None


def _arm(route: Route, version: int) -> Arm:
    """The arm that routes a version; the champion's for a version without one."""
    return next((arm for arm in route.answering if arm.version == version), route.champion)


def _request(manifest: Manifest) -> Schema:
    return manifest.schema.of("request")
