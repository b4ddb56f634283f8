"""``flyball abtest plan``: what a test could find, and when; it starts nothing."""

from __future__ import annotations

from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.commands.abtests.options import CHALLENGERS, COMPARED, HOW_LONG, METRICS, WHOM, given, taking
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@taking(CHALLENGERS, COMPARED, METRICS, HOW_LONG, WHOM)
def plan(output: Output, *, endpoint: str, **words: Any) -> None:
    """Say which difference a test of ENDPOINT would find, with how many units, and in how many days.

    From the traffic of the last 28 days. It takes what start takes, checks all of it, and starts nothing.

    Examples:
      flyball abtest plan income --challenger 7 --share 20%
      flyball abtest plan income --challenger 7 --metric revenue --effect 0.5
    """
    from flyball.control.abtests import services
    from flyball.control.abtests.wording.expecting import expected
    from flyball.control.abtests.wording.reading import read

    spec, planned = services.plan(endpoint=endpoint, asked=read(given(words)))
    document = expected(spec.primary.name, planned)
    output.result(document, document["sentence"])
