"""``flyball keys``: API keys, shown once."""

from __future__ import annotations

import click

from flyball.cli.command import json_option
from flyball.cli.commands.keys.issue import issue
from flyball.cli.commands.keys.list_ import list_
from flyball.cli.commands.keys.revoke import revoke


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


keys.add_command(issue, "issue")
keys.add_command(list_, "list")
keys.add_command(revoke, "revoke")
