"""Reads: endpoints that have been applied."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from flyball.control.accounts.models import Team
from flyball.control.accounts.selectors import Actor
from flyball.control.declarations.models import Endpoint
from flyball.domain.errors import Retired, UnknownEndpoint


def endpoints(teams: list[str] | None = None) -> QuerySet[Endpoint]:
    """Endpoints that have been applied; ``teams`` limits whose."""
    every = Endpoint.objects.select_related("team")
    return every if teams is None else every.filter(team__slug__in=teams)


def visible(actor: Actor) -> QuerySet[Endpoint]:
    """The endpoints of the actor's teams: what is another team's, or not its key's, does not exist."""
    every = endpoints(actor.teams("viewer"))
    return every if actor.endpoints is None else every.filter(name__in=actor.endpoints)


def visible_endpoint(actor: Actor, name: str, role: str) -> Endpoint:
    """One of them, for an actor with at least that role in its team.

    Raises ``UnknownEndpoint``, in the same words for one that belongs to another team; ``Forbidden``.
    """
    found = visible(actor).filter(name=name).first()
    if found is None:
        raise UnknownEndpoint
    actor.require(found.team.slug, role)
    return found


def askable(actor: Actor) -> QuerySet[Endpoint]:
    """The endpoints that the actor may ask: a caller may, who reads nothing else, and a viewer may not."""
    every = endpoints(actor.teams("caller")).filter(retired_at=None)
    return every if actor.endpoints is None else every.filter(name__in=actor.endpoints)


def askable_endpoint(actor: Actor, name: str) -> Endpoint:
    """One of them. Raises ``UnknownEndpoint`` outside the actor's teams, ``Forbidden``, ``Retired``."""
    found = endpoints(list(actor.roles)).filter(name=name).first()
    if found is None or (actor.endpoints is not None and name not in actor.endpoints):
        raise UnknownEndpoint
    actor.require(found.team.slug, "caller")
    return endpoint(name)


def check_named(actor: Actor, team: Team, names: Collection[str]) -> None:
    """Raises ``UnknownEndpoint`` where one of the names is none of the team's endpoints."""
    # Compared here: a text that no database takes must not get there.
    if not set(names) <= set(visible(actor).filter(team=team).values_list("name", flat=True)):
        raise UnknownEndpoint


def undeclared(declared: Collection[str]) -> list[str]:
    """The names of endpoints that answer, or would, though they are ``declared`` no more."""
    answering = Endpoint.objects.filter(retired_at=None).exclude(name__in=declared)
    return list(answering.values_list("name", flat=True))


def recorded(name: str) -> Endpoint:
    """One endpoint, also a retired one: what it recorded stays. Raises ``UnknownEndpoint``."""
    found = endpoints().filter(name=name).first()
    if found is None:
        raise UnknownEndpoint(f"There is no endpoint {name}; flyball apply makes those that are declared.")
    return found


def endpoint(name: str) -> Endpoint:
    """One endpoint. Raises ``UnknownEndpoint`` where it has not been applied, ``Retired``."""
    found = recorded(name)
    if found.retired_at is not None:
        raise Retired(f"{name} has been retired; declared and applied again, it answers again.")
    return found
