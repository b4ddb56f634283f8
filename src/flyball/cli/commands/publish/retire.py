"""``flyball retire``: the end of an endpoint that has left the code."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.option("--yes", is_flag=True, help="Retire it: whoever asks it gets an error from then on.")
def retire(output: Output, *, endpoint: str, yes: bool) -> None:
    """End ENDPOINT, which is declared no more: servers answer it with the error "retired".

    Its predictions, outcomes, versions and snapshots stay. Declared and applied again, it answers again,
    with the champion that it had.

    Examples:
      flyball retire income --yes
    """
    from flyball.control.declarations import services

    retired = services.retire(endpoint=endpoint, yes=yes)
    output.result(
        {"endpoint": retired.name, "retired_at": retired.retired_at},
        f"{retired.name} is retired since {retired.retired_at:%Y-%m-%d %H:%M} UTC; its rows stay.",
    )
