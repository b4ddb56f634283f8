"""``flyball replay``: stored predictions computed again, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.serving.replaying import Replay


@command
@click.argument("ids", nargs=-1, required=True, type=click.UUID, metavar="ID...")
def replay(output: Output, *, ids: tuple[UUID, ...]) -> None:
    """Compute stored predictions again, by their ids, from their version's artifact and their stored input.

    Says of each whether the same comes out, within the tolerance of what answers the version, and else what
    differs; the command ends with 1 then. Nothing is recorded. Versions that no route names any more are
    replayed too; those that were removed cannot be.

    Examples:
      flyball replay 019307a1-8f6e-7c55-b7a2-0f3e5ad1c9b4
    """
    from flyball import inprocess
    from flyball.serving.http.answers import replayed

    try:
        done = [inprocess.replay(each) for each in ids]
    finally:
        inprocess.close()
    lines = [line for each in done for line in _lines(each)]
    output.result([replayed(each) for each in done], "\n".join(lines))
    if any(each.differences for each in done):
        click.get_current_context().exit(1)


def _lines(one: Replay) -> list[str]:
    stored = one.prediction
    verdict = "differs" if one.differences else "the same"
    by = f"{stored.endpoint}@{stored.version}, {one.runtime}, within {one.tolerance:g}"
    places = [f"  {each.pointer}: {each.stored} stored, {each.computed} now" for each in one.differences]
    return [f"{stored.id}: {verdict} ({by})", *places]
