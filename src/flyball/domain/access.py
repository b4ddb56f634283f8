"""Who may do what: teams' names, roles, principals, and the digest by which a key is known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flyball.domain.errors import Forbidden, NotReady, Unauthenticated

INCLUDED = {
    "caller": {"caller"},
    "viewer": {"viewer"},
    "member": {"caller", "viewer", "member"},
    "owner": {"caller", "viewer", "member", "owner"},
}
"""What each role may do in a team.

A *caller* asks for predictions and sends outcomes, and reads nothing else; a *viewer* reads, and asks for
nothing.
"""
ROLES = tuple(INCLUDED)

SLUG = "is named with at most 50 lower-case letters, digits, - and _."
"""What ``is_slug`` asks, as the end of a sentence."""


def is_slug(text: str) -> bool:
    """Whether a team may be named so: the name stands in paths and in published routes."""
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,49}", text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a team, and a role in it.

    ``endpoints`` are the only ones of the team's that exist for this one; ``None`` for all of them.
    """

    team: str
    role: str
    endpoints: frozenset[str] | None = None

    def may(self, role: str) -> bool:
        """Whether this role includes ``role``."""
        return role in INCLUDED.get(self.role, ())

    def reaches(self, endpoint: str) -> bool:
        """Whether an endpoint of the team is among this one's."""
        return self.endpoints is None or endpoint in self.endpoints

    def require(self, role: str) -> None:
        """Raises ``Forbidden`` where this role does not include ``role``."""
        if not self.may(role):
            raise Forbidden


@dataclass(frozen=True, slots=True)
class HeldKey:
    """Whose an API key is, and the moment at which it ends, if it does."""

    principal: Principal
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keyring:
    """Whose the API keys are, by their digest; ``keys`` is ``None`` before they have been read.

    ``used`` gathers the digests of keys that have been asked with.
    """

    keys: Mapping[str, HeldKey] | None = None
    used: set[str] = field(default_factory=set)

    def principal(self, key: str) -> Principal:
        """Who the plaintext key belongs to. Raises ``Unauthenticated``, ``NotReady``."""
        if self.keys is None:
            raise NotReady("The server has not read its routes yet.")
        digest = key_digest(key)
        found = self.keys.get(digest)
        if found is None or (found.ends_at is not None and found.ends_at <= datetime.now(UTC)):
            raise Unauthenticated
        self.used.add(digest)
        return found.principal


def key_digest(key: str) -> str:
    """The SHA-256 of an API key, as 64 hexadecimal digits: keys themselves are stored nowhere."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
