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
@click.option("--batch", default="", help="The declared batch that a job of the kind batch carries out.")
def add(
    output: Output,
    *,
    endpoint: str,
    name: str,
    times: str,
    kind: str,
    timezone: str,
    promote: bool,
    batch: str,
) -> None:
    """Ask for a job of ENDPOINT at these TIMES. KIND is snapshot, build, batch or one of the project's own.

    Examples:
      flyball schedules add income nightly "every day at 02:00" snapshot
      flyball schedules add income weekly "0 6 * * 1" build --promote --timezone Europe/Berlin
      flyball schedules add income evening "every day at 20:00" batch --batch active
    """
    from flyball.control.declarations import discovery, selectors
    from flyball.control.schedules import services
    from flyball.control.schedules.document import document

    discovery.find(endpoint)
    applied = selectors.endpoint(endpoint)
    made = services.add(
        endpoint=applied, name=name, times=times, kind=kind, timezone=timezone, promote=promote, batch=batch
    )
    output.note("flyball worker makes its jobs.")
    output.result(document(made), sentence(made))
