"""``flyball abtest recount``: a test counted again, from the rows that are stored."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.commands.jobs.telling import sentence
from flyball.cli.printing.output import Output


@command
@click.argument("endpoint")
@click.option("--test", type=int, help="The test of this number; the one that runs, else the newest.")
def recount(output: Output, *, endpoint: str, test: int | None) -> None:
    """Ask for a look at a test of ENDPOINT that counts all from the stored rows anew.

    The same rows give the same numbers. It is for rows that were erased since, and for a metric whose own
    rows came late: what is gone counts no more, what has come does. A worker carries it out.

    Examples:
      flyball abtest recount income
      flyball abtest recount income --test 3
    """
    from flyball.control.abtests import making, selectors
    from flyball.control.declarations.selectors import endpoint as applied
    from flyball.control.jobs.document import document

    name = applied(endpoint).name
    found = selectors.newest(name) if test is None else selectors.abtest(name, test)
    job, _ = making.recount(test=found)
    output.note(f"flyball jobs follow {job.pk}")
    output.result(document(job), sentence(job))
