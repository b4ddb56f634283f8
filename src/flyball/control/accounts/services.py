"""Writes: teams, their members, and API keys."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q

from flyball.control.accounts import selectors
from flyball.control.accounts.models import ApiKey, Invitation, Membership, Team
from flyball.control.connection import without_waiting
from flyball.domain.access import ROLES, SLUG, Principal, is_slug, key_digest
from flyball.domain.errors import Conflict, InvalidInput, NotFound, Problem
from flyball.domain.records import now

logger = logging.getLogger(__name__)

NOTED = timedelta(minutes=1)
"""How old the last use of a key that is noted may be while the key is in use."""
INVITED = timedelta(days=7)
"""How long an invitation lasts."""
LONGEST_LABEL = 200
"""Characters of what a key is called."""
KEY_BYTES = 32
"""Random bytes in a key: 256 bits, so that a plain SHA-256 is enough to store it."""


def create_team(*, slug: str, name: str = "") -> Team:
    """A new team. Raises ``InvalidInput`` for a wrong slug, ``Conflict`` when there is one of that slug."""
    if not is_slug(slug):
        raise InvalidInput(problems=[Problem("/slug", "wrong_slug", f"A team {SLUG}")])
    try:
        with transaction.atomic():
            return Team.objects.create(slug=slug, name=name or slug)
    except IntegrityError:
        raise Conflict("There is a team of that name already.") from None


def ensure_team(*, slug: str) -> Team:
    """The team of a slug, made where it is missing."""
    return Team.objects.get_or_create(slug=slug, defaults={"name": slug})[0]


def add_member(*, team: Team, user: Any, role: str) -> Membership:
    """Give a user a role in a team; the newest role counts. Raises ``InvalidInput`` for another role."""
    membership, _ = Membership.objects.update_or_create(team=team, user=user, defaults={"role": _role(role)})
    return membership


def remove_member(*, team: Team, user: Any) -> None:
    """Take a user out of a team.

    Raises ``NotFound`` for one who is not in it, ``Conflict`` for its last owner.
    """
    with transaction.atomic():
        _held(team, user, is_owner=False).delete()


def change_role(*, team: Team, user: Any, role: str) -> Membership:
    """Give a member another role.

    Raises ``InvalidInput`` for a role that does not exist, ``NotFound`` for who is no member, ``Conflict``
    for the last owner.
    """
    with transaction.atomic():
        found = _held(team, user, is_owner=_role(role) == "owner")
        found.role = role
        found.save(update_fields=["role"])
        return found


def withdraw(*, invitation: Invitation) -> None:
    """End an invitation before its time."""
    Invitation.objects.filter(pk=invitation.pk, used_at=None).update(ends_at=now())


def invite(*, team: Team, role: str, user: Any = None, lasts: timedelta = INVITED) -> tuple[Invitation, str]:
    """A new invitation and its text, which is shown this once: only its SHA-256 is stored.

    Raises ``InvalidInput`` for a role that does not exist.
    """
    text = secrets.token_urlsafe(KEY_BYTES)
    made = Invitation.objects.create(
        digest=key_digest(text), team=team, role=_role(role), created_by=user, ends_at=now() + lasts
    )
    return made, text


def accept(*, text: str, user: Any) -> Membership:
    """Make a user a member of the team that they are invited to; of two who accept at once, one is.

    A role that they have there already stays, where it may as much. Raises ``NotFound`` for an invitation
    that is unknown, used, or over.
    """
    moment = now()
    with transaction.atomic():
        own = Invitation.objects.filter(digest=key_digest(text))
        if not own.filter(used_at=None, ends_at__gt=moment).update(used_at=moment):
            raise NotFound(selectors.OVER)
        invitation = own.select_related("team").get()
        _lock(invitation.team)  # who accepts two at once gets the higher role, not the later one
        held = Membership.objects.filter(team=invitation.team, user=user).first()
        if held is not None and Principal(team="", role=held.role).may(invitation.role):
            return held
        return add_member(team=invitation.team, user=user, role=invitation.role)


def issue_key(
    *,
    team: Team,
    role: str,
    label: str = "",
    endpoints: Collection[str] = (),
    ends_at: datetime | None = None,
    user: Any = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown this once: only its SHA-256 is stored.

    It is for these ``endpoints`` of the team alone, by name, where there are any, and until ``ends_at``.
    Raises ``InvalidInput`` for a role that does not exist, a label that is too long, and an end that has
    passed.
    """
    if len(label) > LONGEST_LABEL or "\x00" in label:
        problem = Problem(
            "/label", "too_long", f"Expected at most {LONGEST_LABEL} characters, no NUL among them."
        )
        raise InvalidInput("The label does not fit.", problems=[problem])
    if ends_at is not None and ends_at <= now():
        problem = Problem("/ends_at", "out_of_range", "Expected a moment that is still to come.")
        raise InvalidInput("The key would have ended already.", problems=[problem])
    text = f"fb_{secrets.token_urlsafe(KEY_BYTES)}"
    key = ApiKey.objects.create(
        digest=key_digest(text),
        label=label,
        team=team,
        role=_role(role),
        endpoints=sorted(set(endpoints)),
        ends_at=ends_at,
        created_by=user,
    )
    return key, text


def note_use(*, key: ApiKey) -> None:
    """Say that a key is used now; not again within a minute, so that asking seldom writes.

    Nobody is kept waiting, or refused what they came to read, where the database takes nothing now: another
    time will do.
    """
    moment = now()
    if key.last_used_at is not None and key.last_used_at >= moment - NOTED:
        return
    before = Q(last_used_at=None) | Q(last_used_at__lt=moment - NOTED)
    try:
        with without_waiting(), transaction.atomic():
            ApiKey.objects.filter(before, pk=key.pk).update(last_used_at=moment)
    except DatabaseError as error:
        logger.info("When a key was last used could not be noted: %s", type(error).__name__)


def revoke_key(*, key: ApiKey) -> ApiKey:
    """Take a key back for good. The first moment stays when it is asked for again."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now())
    key.refresh_from_db()
    return key


def _lock(team: Team) -> None:
    """Have whoever else changes who belongs to the team wait for the end of this transaction.

    With ``no_key``, jobs and keys, which refer to it, do not.
    """
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def _held(team: Team, user: Any, *, is_owner: bool) -> Membership:
    """A user's membership, about to change. Raises ``NotFound``, ``Conflict`` for the last owner."""
    _lock(team)
    found = Membership.objects.filter(team=team, user=user).first()
    if found is None:
        raise NotFound("The team has no such member.")
    if found.role == "owner" and not is_owner and not _other_owners(found):
        raise Conflict("A team keeps its last owner: make somebody else owner first.")
    return found


def _other_owners(membership: Membership) -> bool:
    """Whether somebody else owns the team who may still sign in; a user model need not store that."""
    owners = Membership.objects.filter(team=membership.team, role="owner").exclude(pk=membership.pk)
    return any(each.user.is_active for each in owners.select_related("user"))


def _role(role: str) -> str:
    if role not in ROLES:
        problem = Problem("/role", "unknown_role", f"Expected one of {', '.join(ROLES)}.")
        raise InvalidInput("There is no such role.", problems=[problem])
    return role
