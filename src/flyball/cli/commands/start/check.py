"""``flyball check``: is what is declared sound, and can it be learned? For a user's own CI."""

from __future__ import annotations

import shlex
import sys
from contextlib import redirect_stdout
from typing import Any

import click

from flyball.cli.command import command_that_leaves_nothing
from flyball.cli.commands.start.apply import refuse_faults
from flyball.cli.following.building import run_build
from flyball.cli.following.snapshotting import take_snapshot
from flyball.cli.printing.leaderboard import leaderboard
from flyball.cli.printing.output import Output
from flyball.cli.printing.table import cell
from flyball.cli.project.empty_database import empty_database
from flyball.domain.declaration import Endpoint, Search, forget
from flyball.domain.errors import DataError, PolicyUnmet

SMALL = Search(trials=1, seconds=20)
"""What a small build may take, for each candidate."""


@command_that_leaves_nothing
@click.option(
    "--min", "least", multiple=True, metavar="METRIC=SCORE", help="Least held-out score, by metric."
)
@click.option("--load", multiple=True, metavar="COMMAND", help="manage.py command that fills the database.")
@click.option("--no-build", is_flag=True, help="Only read the declarations.")
def check(output: Output, *, least: tuple[str, ...], load: tuple[str, ...], no_build: bool) -> None:
    """Check every declaration, and build each endpoint once, small.

    Needs no database and leaves nothing: it works on an empty one, made for once. Rows that come from
    Django tables are there only if --load puts them there.

    Examples:
      flyball check
      flyball check --min roc_auc=0.75
      flyball check --load seed --load "loaddata ci.json"
    """
    from flyball.control.declarations.discovery import autodiscover

    wanted = dict(_minimum(text) for text in least)
    filling = [_words(line) for line in load]
    refuse_faults()
    declarations = autodiscover()
    unknown = wanted.keys() - {declaration.metric for declaration in declarations.values()}
    if unknown:
        raise click.UsageError(f"No endpoint has the metric {min(unknown)}.")
    if no_build:
        rows = [
            {"endpoint": name, "metric": declaration.metric, "result": "declaration checked"}
            for name, declaration in declarations.items()
        ]
    else:
        rows = _built(output, declarations, filling)
    columns = ("endpoint", "candidate", "metric", "held_out", "result")
    output.table(rows, columns, empty="No endpoint is declared.")
    _refuse_low(rows, wanted)


def _minimum(text: str) -> tuple[str, float]:
    metric, _, score = text.partition("=")
    try:
        return metric, float(score)
    except ValueError:
        raise click.UsageError("--min is written as METRIC=SCORE, such as roc_auc=0.75.") from None


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise click.UsageError(f"--load is a command as a shell reads it: {error}.") from None
    if not words:
        raise click.UsageError("--load names a command of manage.py, such as --load seed.")
    return words


def _built(
    output: Output, declarations: dict[str, type[Endpoint]], filling: list[list[str]]
) -> list[dict[str, Any]]:
    from django.core.management import call_command

    from flyball.control.routing import services

    with empty_database():
        with redirect_stdout(sys.stderr):  # standard output is for this command's own result
            for words in filling:
                call_command(*words)
        services.apply(declarations=declarations)
        return [_one(output, declaration, filled=bool(filling)) for declaration in declarations.values()]


def _one(output: Output, declaration: type[Endpoint], *, filled: bool) -> dict[str, Any]:
    small = type(f"Small{declaration.__name__}", (declaration,), {"name": declaration.name, "search": SMALL})
    forget(small)  # it is for this build only: nothing else may find it
    row: dict[str, Any] = {"endpoint": declaration.name, "metric": declaration.metric}
    try:
        snapshot = take_snapshot(output, declaration)
    except DataError:
        if filled or not _reads_tables(declaration):
            raise
        return {**row, "result": "not built: its tables are empty here (see --load)"}
    best = leaderboard(run_build(output, small, snapshot))[0]
    return {**row, "candidate": best["candidate"], "held_out": best["held_out"], "result": "built"}


def _reads_tables(declaration: type[Endpoint]) -> bool:
    origins = [declaration.rows.origin, *(table.origin for table in declaration.tables())]
    return any(not origin.file for origin in origins)


def _refuse_low(rows: list[dict[str, Any]], wanted: dict[str, float]) -> None:
    low = []
    for row in rows:
        score = row.get("held_out")
        if row["metric"] in wanted and (score is None or score < wanted[row["metric"]]):
            low.append(f"{row['endpoint']}: {row['metric']} {cell(score)}")
    if low:
        raise PolicyUnmet("Below what was asked for.\n" + "\n".join(low))
