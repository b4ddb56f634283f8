"""``flyball keys revoke``: the end of a key."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.argument("number", type=int)
def revoke(output: Output, *, number: int) -> None:
    """Take the key of that NUMBER back, for good. Servers notice within a second.

    Examples:
      flyball keys revoke 3
    """
    from flyball.control.accounts import selectors, services

    key = services.revoke_key(key=selectors.key(number))
    output.result({"id": key.pk, "revoked": True}, f"Key {key.pk} is revoked.")
