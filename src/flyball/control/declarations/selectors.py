"""Reads: endpoints that have been applied."""

from __future__ import annotations

from django.db.models import QuerySet

from flyball.control.declarations.models import Endpoint
from flyball.domain.errors import UnknownEndpoint


def endpoints(teams: list[str] | None = None) -> QuerySet[Endpoint]:
    """Endpoints that have been applied; ``teams`` limits whose."""
    every = Endpoint.objects.select_related("team")
    return every if teams is None else every.filter(team__slug__in=teams)


def endpoint(name: str) -> Endpoint:
    """One endpoint. Raises ``UnknownEndpoint`` where it has not been applied."""
    found = endpoints().filter(name=name).first()
    if found is None:
        raise UnknownEndpoint(f"There is no endpoint {name}; flyball apply makes those that are declared.")
    return found
