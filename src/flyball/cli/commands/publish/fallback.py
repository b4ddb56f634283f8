"""``flyball fallback``: which version answers where another one fails or is too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.routing.services import RouteChange


@command
@click.argument("endpoint")
@click.option("--version", type=int, help="The version that answers.")
@click.option("--deadline", help="Also where an arm has not answered after so long, such as 200ms or 2s.")
@click.option("--none", "is_none", is_flag=True, help="Have none.")
@click.option("--expected", type=int, help="Refuse unless this route revision is in force.")
def fallback(
    output: Output,
    *,
    endpoint: str,
    version: int | None,
    deadline: str | None,
    is_none: bool,
    expected: int | None,
) -> None:
    """Have a version of ENDPOINT answer where the champion, or an arm of a test, fails.

    With --deadline also where the arm has not answered in time. The prediction says that the fallback
    answered, and belongs to the arm that it was assigned to. A version that refuses what the champion answers
    is refused. The fallback stays through promotions, tests and rollbacks, until --none or until its version
    becomes champion.

    Examples:
      flyball fallback income --version 5 --deadline 200ms
      flyball fallback income --version 5
      flyball fallback income --none
    """
    from flyball.control.arms import services

    if is_none == (version is not None) or (is_none and deadline is not None):
        raise click.UsageError("Name the --version that answers, or say --none.")
    if version is None:
        _tell(output, services.remove_fallback(endpoint=endpoint, expected=expected))
        return
    seconds = None if deadline is None else _seconds(deadline)
    _tell(
        output,
        services.set_fallback(endpoint=endpoint, version=version, deadline=seconds, expected=expected),
    )


def _seconds(text: str) -> float:
    from flyball.domain.values import duration

    number = text.removesuffix("ms")
    try:
        return int(number) / 1000 if number != text else duration(text).total_seconds()
    except ValueError:
        raise click.BadParameter("A deadline is written as 200ms or 2s.", param_hint="--deadline") from None


def _tell(output: Output, change: RouteChange) -> None:
    from flyball.control.routing.selectors import document

    revision = change.revision
    arm = document(revision).fallback
    told = {
        "endpoint": revision.endpoint_id,
        "revision": revision.number,
        "fallback": None if arm is None else arm.version,
        "deadline": None if arm is None else arm.deadline,
        "new": change.is_new,
    }
    what = f"{revision.endpoint_id} has no fallback"
    if arm is not None:
        after = "fails" if arm.deadline is None else f"fails, or has not answered after {arm.deadline:g} s"
        what = f"{revision.endpoint_id}@{arm.version} answers where another arm {after}"
    already = "" if change.is_new else ", as before"
    output.result(told, f"{what}{already} (route revision {revision.number}).")
