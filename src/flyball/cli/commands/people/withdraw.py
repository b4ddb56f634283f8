"""``flyball people withdraw``: the end of an invitation."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.argument("number", type=int)
def withdraw(output: Output, *, number: int) -> None:
    """End the invitation of that NUMBER: its link makes nobody a member any more.

    Examples:
      flyball people withdraw 3
    """
    from flyball.control.accounts import selectors, services

    found = selectors.open_invitation(number)
    services.withdraw(invitation=found)
    output.result({"id": found.pk, "withdrawn": True}, f"Invitation {found.pk} is withdrawn.")
