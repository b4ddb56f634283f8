"""``flyball abtest bandit``: shares that follow what the arms bring."""

from __future__ import annotations

from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.commands.abtests.options import CHALLENGERS, EXPECTED, HOW_LONG, METRICS, WHOM, given, taking
from flyball.cli.commands.abtests.telling import tell_started
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@taking(CHALLENGERS)
@click.option("--every", default="1d", show_default=True, metavar="TIME", help="How often shares change.")
@click.option("--floor", metavar="SHARE", help="What each arm keeps; 10%.")
@click.option(
    "--budget", metavar="NUMBER", help="What may be lost beside the champion, in units of the metric."
)
@click.option("--share", metavar="SHARE", help="What each challenger begins with; as much as the champion.")
@taking(METRICS, HOW_LONG, WHOM, EXPECTED)
def bandit(output: Output, *, endpoint: str, expected: int | None, share: str | None, **words: Any) -> None:
    """Let challengers and champion of ENDPOINT share its units by the chance that each is best.

    Shares change as outcomes come. It ends, as a test does, when a winner is shown or time is over.

    Examples:
      flyball abtest bandit income --challenger 7 --challenger 8
      flyball abtest bandit income --challenger 7 --every 6h --floor 5% --budget 50 --at-most 28d
    """
    from flyball.control.abtests import services
    from flyball.control.abtests.wording.reading import read

    asked_for = given(words)
    even = 1 / (len(asked_for.get("challengers", ())) + 1)
    asked = read({**asked_for, "share": even if share is None else share})
    tell_started(output, services.start(endpoint=endpoint, asked=asked, expected=expected))
