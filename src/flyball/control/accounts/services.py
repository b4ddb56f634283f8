"""Writes: teams, their members, and API keys."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import IntegrityError, transaction

from flyball.control.accounts.models import ApiKey, Membership, Team
from flyball.domain.access import ROLES, SLUG, is_slug, key_digest
from flyball.domain.errors import Conflict, InvalidInput, Problem
from flyball.domain.records import now

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


def issue_key(*, team: Team, role: str, label: str = "") -> tuple[ApiKey, str]:
    """A new key and its text, which is shown this once: only its SHA-256 is stored.

    Raises ``InvalidInput`` for a role that does not exist.
    """
    text = f"fb_{secrets.token_urlsafe(KEY_BYTES)}"
    key = ApiKey.objects.create(digest=key_digest(text), label=label, team=team, role=_role(role))
    return key, text


def revoke_key(*, key: ApiKey) -> ApiKey:
    """Take a key back for good. The first moment stays when it is asked for again."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now())
    key.refresh_from_db()
    return key


def _role(role: str) -> str:
    if role not in ROLES:
        problem = Problem("/role", "unknown_role", f"Expected one of {', '.join(ROLES)}.")
        raise InvalidInput("There is no such role.", problems=[problem])
    return role
