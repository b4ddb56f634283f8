"""``flyball keys``: API keys, shown once."""

from __future__ import annotations

import click

from flyball.cli.command import command, json_option
from flyball.cli.printing.output import Output
from flyball.domain.access import ROLES
from flyball.domain.errors import NotFound


@click.group()
@json_option
def keys() -> None:
    """Issue, list and revoke API keys.

    \b
    Examples:
      flyball keys issue --role member --label web
      flyball keys list
      flyball keys revoke 3
    """


@command
@click.option("--team", default="default", show_default=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--label", default="", help="What the key is for.")
def issue(output: Output, *, team: str, role: str, label: str) -> None:
    """Make a key and print it: this once, only its SHA-256 is stored.

    Examples:
      flyball keys issue --role member --label web
      flyball keys issue --role viewer --team sales
    """
    from flyball.control.accounts import selectors, services

    key, text = services.issue_key(team=selectors.team(team), role=role, label=label)
    output.result({"id": key.pk, "key": text, "team": team, "role": role, "label": label}, text)


@command
@click.option("--team", help="Only this team's.")
def list_(output: Output, *, team: str | None) -> None:
    """List keys, newest first, by number; never the keys themselves.

    Examples:
      flyball keys list
      flyball keys list --team sales
    """
    from flyball.control.accounts import selectors

    rows = [
        {
            "id": key.pk,
            "label": key.label,
            "team": key.team.slug,
            "role": key.role,
            "created": f"{key.created_at:%Y-%m-%d %H:%M}",
            "revoked": key.revoked_at and f"{key.revoked_at:%Y-%m-%d %H:%M}",
        }
        for key in selectors.keys([team] if team else None)
    ]
    output.table(rows, ("id", "label", "team", "role", "created", "revoked"), empty="No keys yet.")


@command
@click.argument("number", type=int)
def revoke(output: Output, *, number: int) -> None:
    """Take the key of that NUMBER back, for good. Servers notice within a second.

    Examples:
      flyball keys revoke 3
    """
    from flyball.control.accounts import selectors, services

    key = selectors.keys().filter(pk=number).first()
    if key is None:
        raise NotFound("There is no key of that number.")
    services.revoke_key(key=key)
    output.result({"id": key.pk, "revoked": True}, f"Key {key.pk} is revoked.")


keys.add_command(issue, "issue")
keys.add_command(list_, "list")
keys.add_command(revoke, "revoke")
