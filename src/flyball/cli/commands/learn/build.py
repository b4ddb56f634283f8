"""``flyball build``: search for the best model and register it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flyball.cli.command import command
from flyball.cli.following.building import run_build
from flyball.cli.following.snapshotting import take_snapshot
from flyball.cli.printing.leaderboard import COLUMNS, DETAILS, doubt, leaderboard
from flyball.cli.printing.output import Output
from flyball.cli.printing.table import cell

if TYPE_CHECKING:
    from flyball.control.registry.models import Build, Version


@command
@click.argument("endpoint")
@click.option(
    "--snapshot", "digits", help="Build on this snapshot (first digits of its digest), not a new one."
)
@click.option("--candidate", help="Register this candidate instead of the winner.")
@click.option("--promote", is_flag=True, help="Make the new version champion.")
@click.option("--yes", is_flag=True, help="Promote even if callers must send more, or the score is worse.")
def build(
    output: Output, *, endpoint: str, digits: str | None, candidate: str | None, promote: bool, yes: bool
) -> None:
    """Take a snapshot of ENDPOINT, search for the best model on it, and register the winner.

    The same snapshot, code and seed give the same scores and answers again. A winner that is no better
    than the baseline is named; and its score beside the champion's, on the same held-out rows. --promote
    needs --yes where it is worse.

    Examples:
      flyball build income
      flyball build income --promote
      flyball build income --snapshot 3fa9c1 --candidate svm
    """
    from flyball.control.datasets.selectors import beginning
    from flyball.control.declarations.discovery import find
    from flyball.control.registry.comparison import comparison_text
    from flyball.control.registry.services import register
    from flyball.control.routing.selectors import champion

    declaration = find(endpoint)
    taken = beginning(endpoint, digits) if digits else take_snapshot(output, declaration)
    done = run_build(output, declaration, taken)
    version = register(build=done, candidate=candidate, champion=champion(endpoint))
    if said := comparison_text(version):
        output.note(f"Beside the champion: {said}")
    if promote:
        make_champion(version, yes=yes)
    show(output, done, version, promoted=promote)


def make_champion(version: Version, *, yes: bool = False) -> None:
    """Promote a version; which of the route's revisions is in force does not matter."""
    from flyball.control.routing.services import promote

    promote(endpoint=version.endpoint_id, version=version.number, yes=yes)


def show(output: Output, done: Build, version: Version, *, promoted: bool) -> None:
    """The leaderboard, and what became of the winner."""
    rows = leaderboard(done)
    output.note_if(doubt(rows, version))
    if output.as_json:
        output.result(
            {
                "build": done.pk,
                "snapshot": done.snapshot and done.snapshot.digest,
                "metric": done.metric,
                "reproducible": done.reproducible,
                "leaderboard": rows,
                "version": str(version),
                "comparison": version.facts.get("comparison"),
                "promoted": promoted,
            }
        )
        return
    output.table(rows, COLUMNS, empty="No candidates.", details=DETAILS)
    score = version.facts.get("held_out_score")
    output.result(
        None,
        f"Build {done.pk}: {version} is {version.facts.get('candidate')}, "
        f"{done.metric} {cell(score)} on rows held out"
        + (", and champion now." if promoted else f". Promote it: flyball promote {version}"),
    )
