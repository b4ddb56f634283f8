"""Reads: who a key or a user is, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from flyball.control.accounts.models import ApiKey, Invitation, Membership, Team
from flyball.domain.access import Principal, key_digest
from flyball.domain.errors import Forbidden, InvalidInput, NotFound, Problem, Unauthenticated
from flyball.domain.records import now

OVER = "This invitation is over, or somebody has used it: ask for another one."


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a role for each team, by slug. ``user`` is ``None`` for a key.

    ``endpoints`` are the only ones that exist for this actor; ``None`` for all of the teams'. ``is_limited``
    says that the key is for some endpoints alone, or ends: it cannot make keys that may more than itself.
    """

    roles: Mapping[str, str]
    user: Any = None
    endpoints: frozenset[str] | None = None
    is_limited: bool = False

    def require(self, team: str, role: str) -> None:
        """Raise ``NotFound`` outside the team, ``Forbidden`` below the role."""
        held = self.roles.get(team)
        if held is None:
            raise NotFound
        if not Principal(team=team, role=held).may(role):
            raise Forbidden(f"This needs the role {role}.")

    def teams(self, role: str) -> list[str]:
        """The teams in which this actor has at least that role."""
        every = (Principal(team=team, role=held) for team, held in sorted(self.roles.items()))
        return [principal.team for principal in every if principal.may(role)]


def key_of(text: str) -> ApiKey:
    """The key of a text. Raises ``Unauthenticated`` for one that is unknown or revoked, or has ended."""
    found = ApiKey.objects.select_related("team").filter(digest=key_digest(text), revoked_at=None).first()
    if found is None or (found.ends_at is not None and found.ends_at <= now()):
        raise Unauthenticated
    return found


def actor(user: Any) -> Actor:
    """Who a signed-in user is: the role of each membership. Being a superuser gives no role."""
    held = Membership.objects.filter(user=user).values_list("team__slug", "role")
    return Actor(dict(held), user=user)


def team(slug: str) -> Team:
    """The team of a slug. Raises ``NotFound``."""
    found = Team.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no team of that name.")
    return found


def members(teams: list[str] | None = None) -> QuerySet[Membership]:
    """Who belongs to which team, by team and name; ``teams`` limits to which."""
    name = f"user__{get_user_model().USERNAME_FIELD}"
    every = Membership.objects.select_related("team", "user").order_by("team__slug", name)
    return every if teams is None else every.filter(team__slug__in=teams)


def member(team: str, name: str) -> Membership:
    """The member of a team who signs in by that name. Raises ``NotFound``."""
    field = get_user_model().USERNAME_FIELD
    found = members([team]).filter(**{f"user__{field}": name}).first()
    if found is None:
        raise NotFound(f"The team {team} has no member {name}.")
    return found


def invitation(text: str) -> Invitation:
    """An invitation that can still be accepted. Raises ``NotFound``."""
    open_now = Invitation.objects.select_related("team").filter(used_at=None, ends_at__gt=now())
    found = open_now.filter(digest=key_digest(text)).first()
    if found is None:
        raise NotFound(OVER)
    return found


def open_invitations(teams: list[str] | None = None) -> QuerySet[Invitation]:
    """The invitations that can still be accepted, newest first; ``teams`` limits into which."""
    every = Invitation.objects.select_related("team", "created_by").order_by("-id")
    every = every.filter(used_at=None, ends_at__gt=now())
    return every if teams is None else every.filter(team__slug__in=teams)


def open_invitation(number: int, teams: list[str] | None = None) -> Invitation:
    """One of them. Raises ``NotFound``."""
    found = open_invitations(teams).filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such invitation, or it is over.")
    return found


def owned_membership(actor: Actor, number: int) -> Membership:
    """Somebody's membership of a team that the actor owns. Raises ``NotFound``, ``Forbidden``."""
    found = members(actor.teams("viewer")).filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such member.")
    actor.require(found.team.slug, "owner")
    return found


def visible_keys(actor: Actor) -> QuerySet[ApiKey]:
    """The keys of the teams that the actor owns, newest first. Raises ``Forbidden`` for who owns none."""
    return keys(owned_teams(actor))


def visible_key(actor: Actor, number: int) -> ApiKey:
    """One of them. Raises ``NotFound``, ``Forbidden``."""
    return key(number, owned_teams(actor))


def owned_team(actor: Actor, slug: str | None) -> Team:
    """A team that the actor owns; the only one, where ``slug`` is ``None``.

    Raises ``Forbidden``, ``NotFound``, and ``InvalidInput`` where there are several and none is named.
    """
    owned = owned_teams(actor)
    if slug is None and len(owned) > 1:
        problem = Problem("/team", "missing", "Say which team's key this is.")
        raise InvalidInput("The body does not fit.", problems=[problem])
    wanted = owned[0] if slug is None else slug
    if wanted not in owned:
        raise NotFound("There is no team of that name.")
    return team(wanted)


def owned_teams(actor: Actor) -> list[str]:
    """The teams whose keys the actor manages, as an owner. Raises ``Forbidden`` where there is none."""
    owned = actor.teams("owner")
    if owned and actor.is_limited:
        raise Forbidden("A key that ends, or is for some endpoints alone, manages no keys.")
    if not owned:
        raise Forbidden("This needs the role owner.")
    return owned


def actor_of_key(key: ApiKey) -> Actor:
    """Whom a key stands for."""
    only = frozenset(key.endpoints) or None
    is_limited = only is not None or key.ends_at is not None
    return Actor({key.team.slug: key.role}, endpoints=only, is_limited=is_limited)


def keys(teams: list[str] | None = None) -> QuerySet[ApiKey]:
    """Keys that have been issued, newest first; ``teams`` limits whose."""
    every = ApiKey.objects.select_related("team", "created_by").order_by("-id")
    return every if teams is None else every.filter(team__slug__in=teams)


def key(number: int, teams: list[str] | None = None) -> ApiKey:
    """One key that has been issued. Raises ``NotFound``."""
    found = keys(teams).filter(pk=number).first()
    if found is None:
        raise NotFound("There is no key of that number.")
    return found
