"""Who may do what: teams' names, roles, principals, and the digest by which a key is known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from flyball.domain.errors import Forbidden, NotReady, Unauthenticated

ROLES = ("viewer", "member", "owner")
"""What one may do in a team; each role includes those before it."""


SLUG = "is named with at most 50 lower-case letters, digits, - and _."
"""What ``is_slug`` asks, as the end of a sentence."""


def is_slug(text: str) -> bool:
    """Whether a team may be named so: the name stands in paths and in published routes."""
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,49}", text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a team, and a role in it (``owner``, ``member`` or ``viewer``)."""

    team: str
    role: str

    def may(self, role: str) -> bool:
        """Whether this role includes ``role``."""
        return self.role in ROLES and ROLES.index(self.role) >= ROLES.index(role)

    def require(self, role: str) -> None:
        """Raises ``Forbidden`` where this role does not include ``role``."""
        if not self.may(role):
            raise Forbidden


@dataclass(frozen=True, slots=True)
class Keyring:
    """Whose the API keys are, by their digest; ``None`` before they have been read."""

    principals: Mapping[str, Principal] | None = None

    def principal(self, key: str) -> Principal:
        """Who the plaintext key belongs to. Raises ``Unauthenticated``, ``NotReady``."""
        if self.principals is None:
            raise NotReady("The server has not read its routes yet.")
        found = self.principals.get(key_digest(key))
        if found is None:
            raise Unauthenticated
        return found


def key_digest(key: str) -> str:
    """The SHA-256 of an API key, as 64 hexadecimal digits: keys themselves are stored nowhere."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
