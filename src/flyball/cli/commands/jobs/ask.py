"""``flyball jobs ask``: work for a worker."""

from __future__ import annotations

from typing import Any

import click

from flyball.cli.command import command, json_option
from flyball.cli.printing.output import Output


@click.group()
@json_option
def ask() -> None:
    """Ask for a job, and return at once. ``flyball worker`` carries it out."""


@command
@click.argument("endpoint")
@click.option("--snapshot", "digits", help="Build on this snapshot (first digits of its digest).")
@click.option("--candidate", help="Register this candidate instead of the winner.")
@click.option("--promote", is_flag=True, help="Make the new version champion.")
@click.option("--yes", is_flag=True, help="Promote even if callers must send more, or the score is worse.")
@click.option("--if-better", is_flag=True, help="Promote only a better one, and fail for no other.")
def build(
    output: Output,
    *,
    endpoint: str,
    digits: str | None,
    candidate: str | None,
    promote: bool,
    yes: bool,
    if_better: bool,
) -> None:
    """Have a worker do what flyball build does: snapshot, search, register the winner.

    Examples:
      flyball jobs ask build income --promote
    """
    from flyball.control.datasets.selectors import beginning

    if if_better and (promote or yes):
        raise click.UsageError("--if-better stands without --promote and --yes.")
    given = {"snapshot": digits and beginning(endpoint, digits).digest, "candidate": candidate}
    arguments: dict[str, Any] = {name: value for name, value in given.items() if value}
    how = {"if_better": True} if if_better else {"promote": promote, "yes": yes}
    _ask(output, "build", endpoint, {**arguments, **how})


@command
@click.argument("endpoint")
def snapshot(output: Output, *, endpoint: str) -> None:
    """Have a worker take a snapshot of ENDPOINT.

    Examples:
      flyball jobs ask snapshot income
    """
    _ask(output, "snapshot", endpoint, {})


def _ask(output: Output, kind: str, endpoint: str, arguments: dict[str, Any]) -> None:
    from flyball.control.declarations import discovery, selectors
    from flyball.control.jobs import services
    from flyball.control.jobs.document import document

    discovery.find(endpoint)
    applied = selectors.endpoint(endpoint)
    job = services.ask(kind=kind, team=applied.team, endpoint=applied, arguments=arguments)
    output.note("flyball worker carries it out.")
    output.result(document(job), str(job.pk))


ask.add_command(build, "build")
ask.add_command(snapshot, "snapshot")
