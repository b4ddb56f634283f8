"""What the control plane publishes: routes, the manifests of their versions, and API keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from flyball.domain.access import HeldKey, Principal
from flyball.domain.errors import UnknownVersion
from flyball.domain.routing import Manifest, Route
from flyball.stores.database import Database
from flyball.typed import known

known(Manifest, Route)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Everything that is in force at one moment.

    ``teams`` says whose each applied endpoint is; ``routes`` hold the highest revision of each endpoint
    that has one; ``manifests`` are those of the routed versions; ``keys`` are found by their
    SHA-256; ``retired`` are the endpoints that answer no more; ``faults`` say of which endpoints
    something cannot be read.
    """

    teams: dict[str, str]
    routes: dict[str, Route]
    manifests: dict[tuple[str, int], Manifest]
    keys: dict[str, HeldKey]
    faults: dict[str, str]
    retired: frozenset[str] = frozenset()


def fingerprint(database: Database, connection: Any) -> tuple[Any, ...]:
    """A few numbers that change whenever anything published does; cheap enough to poll.

    Counts and highest ids together: on PostgreSQL a lower id may commit after a higher one.
    """
    row = connection.execute(
        "SELECT (SELECT count(*) FROM flyball_route), (SELECT max(id) FROM flyball_route),"
        " (SELECT count(*) FROM flyball_endpoint), (SELECT max(applied_at) FROM flyball_endpoint),"
        " (SELECT count(retired_at) FROM flyball_endpoint),"
        " (SELECT count(*) FROM flyball_api_key), (SELECT max(id) FROM flyball_api_key),"
        " (SELECT count(revoked_at) FROM flyball_api_key)"
    ).fetchone()
    return tuple(row)


def published(database: Database, connection: Any) -> Published:
    """What is in force now, of one moment. Keys that are revoked are left out.

    A document that cannot be read is a fault of its endpoint and keeps nothing else back.
    """
    isolation = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if database.is_postgres else "BEGIN"
    connection.execute(isolation)
    try:
        return _published(database, connection)
    finally:
        database.undo(connection, "ROLLBACK")


def manifest(database: Database, connection: Any, endpoint: str, number: int) -> Manifest:
    """The manifest of one version, routed or not. Raises ``UnknownVersion``."""
    sql = database.sql(
        "SELECT manifest FROM flyball_version WHERE endpoint = ? AND number = ? AND removed_at IS NULL"
    )
    row = connection.execute(sql, (endpoint, number)).fetchone()
    if row is None:
        raise UnknownVersion
    return msgspec.convert(database.json_out(row[0]), Manifest)


def revision(database: Database, connection: Any, endpoint: str, number: int) -> Route | None:
    """One revision of an endpoint's route, in force or not."""
    sql = database.sql("SELECT document FROM flyball_route WHERE endpoint = ? AND number = ?")
    row = connection.execute(sql, (endpoint, number)).fetchone()
    return None if row is None else msgspec.convert(database.json_out(row[0]), Route)


def _published(database: Database, connection: Any) -> Published:
    faults: dict[str, str] = {}
    routes = _routes(database, connection, faults)
    manifests = {}
    for name, route in routes.items():
        try:
            for arm in route.answering:
                manifests[name, arm.version] = manifest(database, connection, name, arm.version)
        except (UnknownVersion, msgspec.ValidationError):
            faults[name] = "The manifest of a routed version cannot be read."
    return Published(
        teams={name: route.team for name, route in routes.items()} | _teams(connection),
        routes={name: route for name, route in routes.items() if name not in faults},
        manifests=manifests,
        keys=_keys(database, connection),
        faults=faults,
        retired=_retired(connection),
    )


def _routes(database: Database, connection: Any, faults: dict[str, str]) -> dict[str, Route]:
    routes = {}
    rows = connection.execute(
        "SELECT r.endpoint, r.document FROM flyball_route r WHERE r.number ="
        " (SELECT max(number) FROM flyball_route WHERE endpoint = r.endpoint) ORDER BY r.endpoint"
    ).fetchall()
    for name, document in rows:
        try:
            route = msgspec.convert(database.json_out(document), Route)
        except msgspec.ValidationError:
            faults[name] = "The route cannot be read."
            continue
        if [arm.name for arm in route.arms].count("champion") == 1:
            routes[name] = route
        else:
            faults[name] = "The route does not have exactly one champion."
    return routes


def _teams(connection: Any) -> dict[str, str]:
    sql = "SELECT e.name, t.slug FROM flyball_endpoint e JOIN flyball_team t ON t.id = e.team_id"
    return dict(connection.execute(sql).fetchall())


def _retired(connection: Any) -> frozenset[str]:
    rows = connection.execute("SELECT name FROM flyball_endpoint WHERE retired_at IS NOT NULL").fetchall()
    return frozenset(name for (name,) in rows)


def _keys(database: Database, connection: Any) -> dict[str, HeldKey]:
    sql = (
        "SELECT k.digest, t.slug, k.role, k.endpoints, k.ends_at"
        " FROM flyball_api_key k JOIN flyball_team t ON t.id = k.team_id WHERE k.revoked_at IS NULL"
    )
    held = {}
    for digest, team, role, endpoints, ends_at in connection.execute(sql).fetchall():
        only = frozenset(database.json_out(endpoints)) or None
        ends = None if ends_at is None else database.moment_out(ends_at)
        held[digest] = HeldKey(Principal(team=team, role=role, endpoints=only), ends)
    return held
