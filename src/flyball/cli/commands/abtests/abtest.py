"""``flyball abtest``: challengers beside the champion, and what becomes of them."""

from __future__ import annotations

import click

from flyball.cli.command import json_option
from flyball.cli.commands.abtests.bandit import bandit
from flyball.cli.commands.abtests.layer import layer
from flyball.cli.commands.abtests.list_ import list_
from flyball.cli.commands.abtests.plan import plan
from flyball.cli.commands.abtests.ramp import ramp
from flyball.cli.commands.abtests.recount import recount
from flyball.cli.commands.abtests.start import start
from flyball.cli.commands.abtests.status import status
from flyball.cli.commands.abtests.stop import stop
from flyball.cli.commands.abtests.weights import weights


@click.group()
@json_option
def abtest() -> None:
    """Start A/B tests, canaries and bandits, look at them, weigh their arms anew, and stop them.

    \b
    Examples:
      flyball abtest start income --challenger 7 --share 20%
      flyball abtest status income
      flyball abtest stop income
    """


for _each in (start, ramp, bandit, plan, status, weights, stop, recount, layer):
    abtest.add_command(_each)
abtest.add_command(list_, "list")
