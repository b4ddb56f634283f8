"""``flyball remove``: a version that nothing uses."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.argument("version")
@click.option("--yes", is_flag=True, help="Remove it: nothing brings it back.")
def remove(output: Output, *, version: str, yes: bool) -> None:
    """Remove VERSION (such as income@3), which the route in force does not name.

    Its model, its golden rows and everything known of it go. Its number is never given again. Its
    predictions and outcomes stay, and can be computed again no more; a rollback to it is refused. The build
    that it came from stays too.

    Examples:
      flyball remove income@3 --yes
    """
    from flyball.control.routing.selectors import resolve
    from flyball.control.routing.services import remove_version
    from flyball.domain.errors import ConfirmationNeeded

    wanted = resolve(version)
    if not yes:
        raise ConfirmationNeeded(f"{wanted} would be gone for good. Say yes to go on.")
    remove_version(endpoint=wanted.endpoint_id, version=wanted.number)
    output.result({"version": str(wanted)}, f"{wanted} is removed.")
