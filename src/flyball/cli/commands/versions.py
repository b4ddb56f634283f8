"""``flyball versions``, ``promote`` and ``rollback``: which models there are, and which answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flyball.cli.command import command
from flyball.cli.output import Output
from flyball.cli.rounds import LEADERBOARD, leaderboard
from flyball.domain.errors import NotFound

if TYPE_CHECKING:
    from flyball.control.registry.models import Build
    from flyball.control.routing.services import RouteChange


@command
@click.argument("endpoint")
@click.option("--leaderboard", "board", is_flag=True, help="Show the last build's candidates instead.")
@click.option("--build", "number", type=int, help="Another build's leaderboard, by its number.")
@click.option("--add", metavar="CANDIDATE", help="Make another candidate of that build a version.")
def versions(output: Output, *, endpoint: str, board: bool, number: int | None, add: str | None) -> None:
    """List the versions of ENDPOINT, newest first, with stage, build and score.

    Examples:
      flyball versions income
      flyball versions income --leaderboard
      flyball versions income --add svm
    """
    from flyball.control.declarations.discovery import find

    name = find(endpoint).name
    if add:
        from flyball.control.registry.services import register

        register(build=_build(name, number), candidate=add)
    if board or (number and not add):
        output.table(leaderboard(_build(name, number)), LEADERBOARD, empty="No candidates.")
        return
    columns = ("version", "stage", "build", "candidate", "metric", "held_out", "rows", "created")
    output.table(_versions(name), columns, empty=f"No versions yet. Make one: flyball build {name}")


@command
@click.argument("version")
@click.option("--yes", is_flag=True, help="Promote even if callers must send more than before.")
@click.option("--expected", type=int, help="Refuse unless this route revision is in force.")
def promote(output: Output, *, version: str, yes: bool, expected: int | None) -> None:
    """Make VERSION (such as income@3) the champion of its endpoint; without a number, the newest.

    Servers swap within a second. A promotion that callers would notice, because they must send more
    than before, needs --yes. What the new champion takes no more is named; callers may go on sending it.
    Promoting the champion again publishes nothing and says so.

    Examples:
      flyball promote income
      flyball promote income@3
      flyball promote income@3 --yes --expected 7
    """
    from flyball.control.routing import selectors, services

    wanted = selectors.resolve(version, default="newest")
    name = wanted.endpoint_id
    change = services.promote(endpoint=name, version=wanted.number, expected=expected, yes=yes)
    _say(output, change, which="" if "@" in version else ", the newest version,")
    for warning in selectors.slow_lookups(name):
        output.note(warning)


@command
@click.argument("endpoint")
@click.option("--expected", type=int, help="Refuse unless this route revision is in force.")
def rollback(output: Output, *, endpoint: str, expected: int | None) -> None:
    """Bring the champion before this one back, as a new route revision.

    Examples:
      flyball rollback income
    """
    from flyball.control.routing import services

    _say(output, services.rollback(endpoint=endpoint, expected=expected))


def _say(output: Output, change: RouteChange, which: str = "") -> None:
    from flyball.control.routing.selectors import document

    revision, already = change.revision, "" if change.is_new else " already"
    champion = f"{revision.endpoint_id}@{document(revision).champion.version}"
    output.result(
        {
            "endpoint": revision.endpoint_id,
            "revision": revision.number,
            "champion": champion,
            "new": change.is_new,
            "dropped": change.dropped,
        },
        f"{champion}{which} is champion{already} (route revision {revision.number}).",
    )
    if change.dropped:
        output.note(f"Taken no more, and left out with a warning: {', '.join(change.dropped)}.")


def _build(endpoint: str, number: int | None) -> Build:
    from flyball.control.registry import selectors
    from flyball.control.registry.models import Build

    if number is not None:
        return selectors.build(endpoint, number)
    # One that was interrupted stays "running" and has no leaderboard.
    newest = selectors.builds(endpoint).exclude(status=Build.Status.RUNNING).first()
    if newest is None:
        raise NotFound(f"{endpoint} has no finished build yet. Start one: flyball build {endpoint}")
    return newest


def _versions(endpoint: str) -> list[dict[str, Any]]:
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
            "created": f"{version.created_at:%Y-%m-%d %H:%M}",
        }
        for version in versions(endpoint)
    ]
