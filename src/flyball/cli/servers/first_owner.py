"""The first person: until somebody owns the first team, each start of ``flyball up`` prints a link."""

from __future__ import annotations

from datetime import timedelta

from flyball.cli.project.owner_key import TEAM
from flyball.cli.servers.address import invitation_url
from flyball.config import Config

LASTS = timedelta(hours=1)
"""How long the link can be used, once."""


def first_owner_link(config: Config) -> str | None:
    """A link that makes the first owner; ``None`` where there is one, or the project has no pages."""
    from flyball.control.accounts import selectors, services

    if invitation_url(config, "anybody") is None or selectors.members([TEAM]).filter(role="owner").exists():
        return None
    _, text = services.invite(team=services.ensure_team(slug=TEAM), role="owner", lasts=LASTS)
    return invitation_url(config, text)
