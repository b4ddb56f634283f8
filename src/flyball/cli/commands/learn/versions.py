"""``flyball versions``: which models there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flyball.cli.command import command
from flyball.cli.printing.leaderboard import COLUMNS, DETAILS, leaderboard
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.registry.models import Build


@command
@click.argument("endpoint")
@click.option("--leaderboard", "board", is_flag=True, help="Show the last build's candidates instead.")
@click.option("--build", "number", type=int, help="Another build's leaderboard, by its number.")
@click.option("--add", metavar="CANDIDATE", help="Make another candidate of that build a version.")
def versions(output: Output, *, endpoint: str, board: bool, number: int | None, add: str | None) -> None:
    """List the versions of ENDPOINT, newest first, with stage, build and score, and what answers for each.

    Examples:
      flyball versions income
      flyball versions income --leaderboard
      flyball versions income --add svm
    """
    from flyball.control.declarations.discovery import find

    name = find(endpoint).name
    if add:
        from flyball.control.registry.services import register
        from flyball.control.routing.selectors import champion

        register(build=_build(name, number), candidate=add, champion=champion(name))
    if board or (number and not add):
        board_rows = leaderboard(_build(name, number))
        output.table(board_rows, COLUMNS, empty="No candidates.", details=DETAILS)
        return
    columns = ("version", "stage", "build", "candidate", "metric", "held_out", "rows", "created")
    empty = f"No versions yet. Make one: flyball build {name}"
    output.table(_versions(name), columns, empty=empty, details=("proof",))


def _build(endpoint: str, number: int | None) -> Build:
    from flyball.control.registry import selectors

    return selectors.newest_build(endpoint) if number is None else selectors.build(endpoint, number)


def _versions(endpoint: str) -> list[dict[str, Any]]:
    from flyball.control.registry.compiling import compiling_text, runtime_of
    from flyball.control.registry.selectors import versions
    from flyball.control.routing import selectors

    route = selectors.route(endpoint)
    return [
        {
            "version": str(version),
            "stage": selectors.version_stage(version, route),
            "build": version.candidate and version.candidate.build_id,
            "candidate": version.facts.get("candidate"),
            "metric": version.facts.get("metric"),
            "held_out": version.facts.get("held_out_score"),
            "folds": version.facts.get("fold_scores"),
            "rows": version.facts.get("snapshot", {}).get("rows"),
            "snapshot": version.facts.get("snapshot", {}).get("digest"),
            "runtime": runtime_of(version),
            "compiling": version.facts.get("compiling"),
            "proof": compiling_text(version) or None,
            "created": f"{version.created_at:%Y-%m-%d %H:%M}",
        }
        for version in versions(endpoint)
    ]
