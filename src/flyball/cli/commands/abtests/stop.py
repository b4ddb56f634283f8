"""``flyball abtest stop``: the end of a test."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.abtests.options import EXPECTED, taking
from flyball.cli.commands.abtests.telling import title
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.option("--reason", default="", help="Why, for whoever reads the revisions of the route later.")
@taking(EXPECTED)
def stop(output: Output, *, endpoint: str, reason: str, expected: int | None) -> None:
    """End the test of ENDPOINT that runs: its champion answers all units again.

    Nothing changes for callers. What was counted stays, and is looked at once more.

    Examples:
      flyball abtest stop income
      flyball abtest stop income --reason "the spring sale is over"
    """
    from flyball.control.abtests import selectors, services
    from flyball.control.abtests.judging.standing import standing

    said = f"is stopped: {reason}" if reason else ""
    ended = services.stop(test=selectors.running(endpoint), reason=said, expected=expected)
    document = standing(ended)
    output.result(document, f"{title(document)} has ended (route revision {ended.ended_by}).")
