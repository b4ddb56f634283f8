"""``flyball abtest list``: the tests that an endpoint has had."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

COLUMNS = ("test", "kind", "challengers", "metric", "state", "since", "verdict")


@command
@click.argument("endpoint")
def list_(output: Output, *, endpoint: str) -> None:
    """List the tests of ENDPOINT, newest first.

    Examples:
      flyball abtest list income
    """
    from flyball.control.abtests import selectors
    from flyball.control.abtests.wording.listing import summaries
    from flyball.control.declarations.selectors import recorded

    name = recorded(endpoint).name
    every = summaries(name, list(selectors.tests(name)))
    rows = (
        every
        if output.as_json
        else [
            {
                "test": f"{each['number']} {each['name'] or ''}".strip(),
                **each,
                "challengers": each["challengers"] or None,
                "since": each["created_at"][:10],
            }
            for each in every
        ]
    )
    output.table(rows, COLUMNS, empty="No test yet. Start one: flyball abtest start", details=("sentence",))
