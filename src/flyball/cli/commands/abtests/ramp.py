"""``flyball abtest ramp``: a canary, which takes more and more of the units while it does no harm."""

from __future__ import annotations

from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.commands.abtests.options import EXPECTED, METRICS, WHOM, given, taking
from flyball.cli.commands.abtests.telling import tell_started
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.option("--version", required=True, metavar="VERSION[@THRESHOLD]", help="The version.")
@click.option("--steps", help="Its shares, one after the other; 1%,5%,25%,100%.")
@click.option("--each", metavar="TIME", help="How long a step lasts at least; 1h.")
@taking(METRICS, WHOM, EXPECTED)
def ramp(
    output: Output,
    *,
    endpoint: str,
    version: str,
    steps: str | None,
    expected: int | None,
    **words: Any,
) -> None:
    """Give one version more and more units of ENDPOINT, step by step; it is champion after the last.

    A step is taken once the one before had its time, and 30 units, without harm. On harm, in the metric or in
    a guardrail (latency_p99 and errors, unless others are named), the champion answers all again at once.

    Examples:
      flyball abtest ramp income --version 7
      flyball abtest ramp income --version 7 --steps 1%,10%,100% --each 6h --guardrail accuracy:0.02
    """
    from flyball.control.abtests import services
    from flyball.control.abtests.asking import STEPS
    from flyball.control.abtests.wording.reading import read

    taken = STEPS if steps is None else tuple(step.strip() for step in steps.split(","))
    asked = read({**given(words), "challengers": (version,), "steps": taken})
    tell_started(output, services.start(endpoint=endpoint, asked=asked, expected=expected))
