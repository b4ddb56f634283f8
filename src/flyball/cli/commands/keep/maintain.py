"""``flyball maintain``: what has ended is taken out, and what was erased leaves the files."""

from __future__ import annotations

from dataclasses import asdict

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

READ = "Somebody reads an older state, and the log is not empty yet: run it again."


@command
@click.option("--quick", is_flag=True, help="Leave the database file as it is: nobody waits.")
def maintain(output: Output, *, quick: bool) -> None:
    """Take out what has ended, and what erasing has left in the files of the database.

    Outcomes that no prediction came for, idempotency keys, the counts of a minute, ended jobs, answers of
    shadows, and uploads go after FLYBALL_HELD_DAYS, FLYBALL_IDEMPOTENCY_DAYS, FLYBALL_MINUTE_DAYS,
    FLYBALL_JOB_DAYS, FLYBALL_SHADOW_DAYS and FLYBALL_BATCH_UPLOAD_DAYS. Then SQLite's file is written anew,
    without gaps, and its log emptied: what wants to write waits meanwhile. Where somebody still reads an
    older state the command ends with 1: run it again. Run it daily, and after people were erased.

    Examples:
      flyball maintain
      flyball maintain --quick
    """
    from flyball.batches.uploads.cleaning import clean
    from flyball.control.routing.maintaining import maintain as keep

    uploads = clean()
    done = keep(is_quick=quick)
    gone = f"{done.held} held outcomes, {done.keys} idempotency keys, {done.minutes} counts of minutes"
    gone += f", {done.jobs} jobs, {done.shadow_answers} answers of shadows and {uploads} uploads"
    lines = [f"{gone} are taken out."]
    lines += [] if done.is_rewritten else ["The database file was not written anew."]
    lines += [] if done.is_log_empty else [READ]
    output.result({**asdict(done), "uploads": uploads}, "\n".join(lines))
    if not done.is_log_empty:
        click.get_current_context().exit(1)
