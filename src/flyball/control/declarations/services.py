"""Writes: an endpoint's row, as it is declared."""

from __future__ import annotations

from flyball.control.accounts.services import ensure_team
from flyball.control.declarations.models import Endpoint as AppliedEndpoint
from flyball.domain.declaration import Endpoint


def record(*, declaration: type[Endpoint]) -> AppliedEndpoint:
    """Write an endpoint's row as it is declared; its team is made where it is missing."""
    endpoint, _ = AppliedEndpoint.objects.update_or_create(
        name=declaration.name,
        defaults={
            "team": ensure_team(declaration.team),
            "task": declaration.task,
            "description": description(declaration),
        },
    )
    return endpoint


def description(declaration: type[Endpoint]) -> str:
    """The declaration's own docstring. Not an inherited one: the three kinds' describe the kind."""
    return (declaration.__dict__.get("__doc__") or "").strip()
