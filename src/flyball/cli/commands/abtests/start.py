"""``flyball abtest start``: challengers beside the champion, until one is shown to be better."""

from __future__ import annotations

from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.commands.abtests.options import (
    CHALLENGERS,
    COMPARED,
    EXPECTED,
    HOW_LONG,
    METRICS,
    WHOM,
    given,
    taking,
)
from flyball.cli.commands.abtests.telling import tell_started
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@taking(CHALLENGERS, COMPARED, METRICS, HOW_LONG, WHOM, EXPECTED)
def start(output: Output, *, endpoint: str, expected: int | None, **words: Any) -> None:
    """Let challengers answer some units of ENDPOINT beside its champion, and judge them by what happens.

    A unit keeps its arm. Nothing changes for callers. The test is looked at all the time, and a verdict is
    true however often one looks; --action promote makes a winner champion.

    Examples:
      flyball abtest start income --challenger 7 --share 20%
      flyball abtest start income --challenger 7 --challenger 8@0.4 --share 20% --guardrail latency_p99:0.01
      flyball abtest start income --challenger 7 --metric revenue --at-most 28d --action promote
    """
    from flyball.control.abtests import services
    from flyball.control.abtests.wording.reading import read

    asked = read(given(words))
    tell_started(output, services.start(endpoint=endpoint, asked=asked, expected=expected))
