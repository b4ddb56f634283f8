"""``flyball keys issue``: a new key."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.domain.access import ROLES


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
