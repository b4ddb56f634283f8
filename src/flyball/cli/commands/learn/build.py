"""``flyball build``: search for the best model and register it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flyball.cli.command import command
from flyball.cli.following.building import run_build
from flyball.cli.following.jobs import failure, follow
from flyball.cli.following.snapshotting import take_snapshot, tell_snapshot
from flyball.cli.printing.leaderboard import COLUMNS, DETAILS, doubt, leaderboard
from flyball.cli.printing.output import Output
from flyball.cli.printing.table import cell
from flyball.domain.errors import FlyballError, JobEnded

if TYPE_CHECKING:
    from flyball.control.jobs.models import Job
    from flyball.control.registry.models import Version


@command
@click.argument("endpoint")
@click.option(
    "--snapshot", "digits", help="Build on this snapshot (first digits of its digest), not a new one."
)
@click.option("--candidate", help="Register this candidate instead of the winner.")
@click.option("--promote", is_flag=True, help="Make the new version champion.")
@click.option("--yes", is_flag=True, help="Promote even if callers must send more, or the score is worse.")
@click.option("--if-better", is_flag=True, help="Promote only a better one, and fail for no other.")
@click.option("--again", is_flag=True, help="Ask for another build, also while the same one is under way.")
@click.option("--detach", is_flag=True, help="Print the job's id, and do not follow it.")
@click.option("--inline", is_flag=True, help="Build in this process, without a worker.")
def build(
    output: Output,
    *,
    endpoint: str,
    digits: str | None,
    again: bool,
    detach: bool,
    inline: bool,
    **asked: Any,
) -> None:
    """Take a snapshot of ENDPOINT, search for the best model on it, and register the winner.

    A worker does it, as a job that is followed to its end: that of flyball up, or flyball worker. Ctrl-C
    leaves the job alone. The same build, asked for already, is followed instead of a second one.

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

    if asked["if_better"] and (asked["promote"] or asked["yes"]):
        raise click.UsageError("--if-better stands without --promote and --yes.")
    if inline and (again or detach):
        raise click.UsageError("--inline asks for no job: it goes with neither --again nor --detach.")
    find(endpoint)
    digest = beginning(endpoint, digits).digest if digits else None
    if inline:
        _here(output, endpoint, snapshot=digest, **asked)
    else:
        _by_a_job(output, endpoint, detach=detach, snapshot=digest, again=again, **asked)


def _by_a_job(output: Output, endpoint: str, *, detach: bool, again: bool, **asked: Any) -> None:
    from flyball.control.jobs.document import document
    from flyball.control.routing.services import ask_build

    job, is_new = ask_build(endpoint=endpoint, arguments=asked, again=again)
    if not is_new:
        output.note(f"Job {job.pk} does this already. Another one: --again")
    if detach:
        output.result(document(job), str(job.pk))
        return
    job = follow(output, job)
    version = built(output, job)
    output.note_if(_kept(job.result.get("reason")))
    show(output, version, promoted=job.result["promoted"])


def _kept(reason: str | None) -> str | None:
    return reason and f"Not promoted: {reason}"


def built(output: Output, job: Job) -> Version:
    """The version that a job has built, when it has ended; what is worth a note is told.

    Raises why the job did not succeed; a version that may not be champion is there all the same.
    """
    from flyball.control.registry.selectors import version

    error = failure(job)
    if "version" not in job.result:
        raise error or JobEnded
    made = version(job.endpoint_id or "", job.result["version"])
    if made.candidate and made.candidate.build.snapshot:
        tell_snapshot(output, made.candidate.build.snapshot)
    _tell_comparison(output, made)
    if error is not None:
        raise error
    return made


def _here(
    output: Output,
    endpoint: str,
    *,
    snapshot: str | None,
    candidate: str | None,
    promote: bool,
    yes: bool,
    if_better: bool,
) -> None:
    from flyball.control.datasets import selectors
    from flyball.control.declarations.discovery import find
    from flyball.control.registry.services import register
    from flyball.control.routing.selectors import champion
    from flyball.control.routing.services import promote as make_champion
    from flyball.control.routing.services import promote_if_better

    declaration = find(endpoint)
    taken = selectors.snapshot(endpoint, snapshot) if snapshot else take_snapshot(output, declaration)
    done = run_build(output, declaration, taken)
    version = register(build=done, candidate=candidate, champion=champion(endpoint))
    _tell_comparison(output, version)
    _diagnose(output, version)
    if promote:
        make_champion(endpoint=endpoint, version=version.number, yes=yes)
    reason = promote_if_better(endpoint=endpoint, version=version.number) if if_better else ""
    output.note_if(_kept(reason))
    show(output, version, promoted=promote or (if_better and not reason))


def _diagnose(output: Output, version: Version) -> None:
    """Diagnose a version; one that cannot be is a version all the same."""
    from flyball.control.diagnostics.jobs import diagnose_here

    try:
        diagnose_here(version=version)
    except FlyballError as error:
        output.note(f"{version} was not diagnosed: {error}")


def _tell_comparison(output: Output, version: Version) -> None:
    from flyball.control.registry.comparison import comparison_text

    if said := comparison_text(version):
        output.note(f"Beside the champion: {said}")


def show(output: Output, version: Version, *, promoted: bool) -> None:
    """The leaderboard of a version's build, and what became of the winner."""
    assert version.candidate is not None  # noqa: S101 - it was built
    done = version.candidate.build
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
