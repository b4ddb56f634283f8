"""``flyball abtest weights``: other shares for the arms of a running test."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.abtests.options import EXPECTED, taking
from flyball.cli.commands.abtests.telling import shares as told
from flyball.cli.commands.abtests.telling import title
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.argument("shares", nargs=-1, required=True, metavar="ARM=SHARE...")
@taking(EXPECTED)
def weights(output: Output, *, endpoint: str, shares: tuple[str, ...], expected: int | None) -> None:
    """Give the challengers of ENDPOINT's test other shares; the champion has the rest.

    One that is left out ends, and gives its units to the champion. No unit moves that need not; those that
    move count no further: units are compared with those that came under the same shares.

    Examples:
      flyball abtest weights income 8=30% 7=10%
    """
    from flyball.control.abtests import selectors, services
    from flyball.control.abtests.judging.standing import standing
    from flyball.control.abtests.wording.reading import read_shares

    test = selectors.running(endpoint)
    services.reweigh(test=test, shares=read_shares(_words(shares)), expected=expected)
    document = standing(test)
    output.result(document, f"{title(document)}: {told(document)}.")


def _words(shares: tuple[str, ...]) -> dict[str, str]:
    words = dict[str, str]()
    for text in shares:
        arm, found, share = text.partition("=")
        if not found:
            raise click.UsageError("Shares are written as ARM=SHARE, such as 8=30%.")
        if arm in words:
            raise click.UsageError("An arm is named twice.")
        words[arm] = share
    return words
