"""``flyball promote``: which version answers from now on."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.cli.printing.revision import tell_champion


@command
@click.argument("version")
@click.option("--yes", is_flag=True, help="Promote even if callers must send more, or the score is worse.")
@click.option("--expected", type=int, help="Refuse unless this route revision is in force.")
def promote(output: Output, *, version: str, yes: bool, expected: int | None) -> None:
    """Make VERSION (such as income@3) the champion of its endpoint; without a number, the newest.

    Servers swap within a second. A promotion after which callers must send more than before needs --yes,
    and so does one of a version that was worse than the champion on the same held-out rows. What the new
    champion takes no more is named; callers may go on sending it. Promoting the champion again publishes
    nothing and says so.

    Examples:
      flyball promote income
      flyball promote income@3
      flyball promote income@3 --yes --expected 7
    """
    from flyball.control.routing import selectors, services

    wanted = selectors.resolve(version, default="newest")
    name = wanted.endpoint_id
    change = services.promote(endpoint=name, version=wanted.number, expected=expected, yes=yes)
    tell_champion(output, change, which="" if "@" in version else ", the newest version,")
    for warning in selectors.slow_lookups(name):
        output.note(warning)
