"""``flyball erase``: everything that is recorded of one person goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.routing.erasing import Erased

WAYS = "Give --entity, once for each name, or --reference."


@command
@click.argument("endpoint")
@click.option("--entity", multiple=True, help="Whom: the entity, as NAME=VALUE; once for each name.")
@click.option("--reference", help="Whom: your own id for its prediction.")
def erase(output: Output, *, endpoint: str, entity: tuple[str, ...], reference: str | None) -> None:
    """Erase everything that ENDPOINT has recorded of one person.

    Predictions and outcomes lose what they say, whatever became of them; tombstones stay. What the database
    keeps a copy of from a file goes until the next snapshot of that file. Snapshots are files that never
    change: those that still hold the person are listed, with the versions that learned from them. On SQLite
    the gaps of the database file are left to flyball maintain.

    Examples:
      flyball erase credit_risk --entity customer_id=4711
      flyball erase credit_risk --reference loan-88123
    """
    from flyball.control.routing.erasing import erase_person

    done = erase_person(endpoint=endpoint, entity=_entity(entity, reference), reference=reference)
    output.result(_document(done), "\n".join(_said(done)))


def _entity(given: tuple[str, ...], reference: str | None) -> dict[str, str]:
    if bool(given) == bool(reference):
        raise click.UsageError(WAYS)
    pairs = [each.partition("=") for each in given]
    if not all(name and value for name, _, value in pairs):
        raise click.UsageError("An entity is written NAME=VALUE, such as customer_id=4711.")
    return {name: value for name, _, value in pairs}


def _document(done: Erased) -> dict[str, Any]:
    counts = done.counts
    return {
        "predictions": counts.predictions,
        "outcomes": counts.outcomes,
        "keys": counts.keys,
        "copies": counts.copies,
        "snapshots": done.snapshots,
        "versions": done.versions,
        "snapshots_not_here": done.not_here,
        "left": done.left,
    }


def _said(done: Erased) -> list[str]:
    counts = done.counts
    lines = [
        f"{counts.predictions} predictions, {counts.outcomes} outcomes, {counts.keys} idempotency keys and"
        f" {counts.copies} copied rows are erased."
    ]
    lines += [f"The snapshot {digest} still holds it: remove its file." for digest in done.snapshots]
    lines += [f"{version} learned from it." for version in done.versions]
    lines += [f"The file of the snapshot {digest} is not here: search it there." for digest in done.not_here]
    lines += [f"{left} flyball maintain does it." for left in done.left]
    return lines
