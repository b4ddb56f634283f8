"""``flyball schedules add``: a schedule that is made by hand."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.schedules.telling import sentence
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.argument("name")
@click.argument("times")
@click.argument("kind")
@click.option(
    "--timezone", default="", help="A zone such as Europe/Berlin; the project's TIME_ZONE, if none."
)
@click.option("--promote", is_flag=True, help="Make a build's version champion where it is better.")
def add(
    output: Output, *, endpoint: str, name: str, times: str, kind: str, timezone: str, promote: bool
) -> None:
    """Ask for a job of ENDPOINT at these TIMES. KIND is snapshot, build or a kind of the project's own.

    Examples:
      flyball schedules add income nightly "every day at 02:00" snapshot
      flyball schedules add income weekly "0 6 * * 1" build --promote --timezone Europe/Berlin
    """
    from flyball.control.declarations import discovery, selectors
    from flyball.control.schedules import services
    from flyball.control.schedules.document import document

    discovery.find(endpoint)
    applied = selectors.endpoint(endpoint)
    made = services.add(
        endpoint=applied, name=name, times=times, kind=kind, timezone=timezone, promote=promote
    )
    output.note("flyball worker makes its jobs.")
    output.result(document(made), sentence(made))
