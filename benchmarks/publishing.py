"""The model put straight into the tables, as the control plane would publish it."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from flyball.control import connection
from flyball.control.accounts import services as accounts
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.control.routing.models import RouteRevision
from flyball.domain.routing import Arm, Manifest, Route
from flyball.stores import artifacts


def publish(data: bytes, manifest: Manifest) -> str:
    """Version 1 becomes champion. Gives a key that may ask it."""
    name, team = manifest.endpoint, accounts.ensure_team(slug="default")
    artifacts.write(connection.database(), connection.raw(), data)
    Endpoint.objects.create(name=name, team=team, task=manifest.task)
    Version.objects.create(
        endpoint_id=name, number=1, manifest=msgspec.to_builtins(replace(manifest, number=1)), facts={}
    )
    route = Route(endpoint=name, team=team.slug, task=manifest.task, number=1, arms=(Arm("champion", 1),))
    RouteRevision.objects.create(
        endpoint_id=name,
        number=1,
        kind=RouteRevision.Kind.PROMOTION,
        document=msgspec.to_builtins(route),
        reason="a benchmark",
    )
    return accounts.issue_key(team=team, role="member", label="benchmark")[1]
