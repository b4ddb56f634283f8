"""``flyball abtest layer``: units that tests share, so that none is in two of them."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.abtests.telling import percent
from flyball.cli.printing.output import Output


@command
@click.argument("name")
@click.option("--team", default="default", show_default=True)
@click.option("--held-out", metavar="SHARE", help="Units that no test gets, fixed for good; none.")
def layer(output: Output, *, name: str, team: str, held_out: str | None) -> None:
    """Make a layer called NAME, or show how much of it is left.

    Tests of one layer, on any endpoints of the team, have no unit in common. Those that are held out are in
    none of them: by them the sum of all tests is judged.

    Examples:
      flyball abtest layer checkout --held-out 5%
      flyball abtest start income --challenger 7 --layer checkout --layer-share 50%
    """
    from flyball.control.abtests import layers
    from flyball.control.abtests.wording.reading import read_share
    from flyball.control.accounts import selectors

    share = None if held_out is None else read_share("held_out", held_out)
    made = layers.ensure_layer(team=selectors.team(team), name=name, held_out=share)
    left = layers.left(made)
    output.result(
        {"team": team, "name": made.name, "held_out": made.share, "left": left},
        f"Layer {made.name} of team {team} holds out {percent(made.share)}; {percent(left)} is left.",
    )
