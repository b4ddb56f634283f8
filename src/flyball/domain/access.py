"""Who may do what: roles, principals, and the digest by which a key is known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

ROLES = ("viewer", "member", "owner")
"""What one may do in a team; each role includes those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a team, and a role in it (``owner``, ``member`` or ``viewer``)."""

    team: str
    role: str

    def may(self, role: str) -> bool:
        """Whether this role includes ``role``."""
        return self.role in ROLES and ROLES.index(self.role) >= ROLES.index(role)


def key_digest(key: str) -> str:
    """The SHA-256 of an API key, as 64 hexadecimal digits: keys themselves are stored nowhere."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
