"""``flyball explain``: which fields moved stored predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.domain.reasons.told import MOST_COUNTERFACTUALS, MOST_FIELDS

if TYPE_CHECKING:
    from flyball.domain.reasons.told import Reasons
    from flyball.domain.records import Prediction


@command
@click.argument("ids", nargs=-1, required=True, type=click.UUID, metavar="ID...")
@click.option(
    "--reasons",
    "most",
    type=click.IntRange(1, MOST_FIELDS),
    default=MOST_FIELDS,
    help="So many, the largest first; all, where it is left out.",
)
@click.option(
    "--counterfactuals",
    type=click.IntRange(0, MOST_COUNTERFACTUALS),
    default=0,
    help="So many of the smallest changes that would turn the decision.",
)
def explain(output: Output, *, ids: tuple[UUID, ...], most: int, counterfactuals: int) -> None:
    """Say which fields moved stored predictions, by their ids, from their version and their stored input.

    The base is what the version answers on average. With the parts of the fields it adds up to the answer:
    its class's log-odds, score or probability, or its value. Nothing is recorded.

    Examples:
      flyball explain 019307a1-8f6e-7c55-b7a2-0f3e5ad1c9b4 --reasons 3
    """
    from flyball import inprocess
    from flyball.serving.http import answers
    from flyball.serving.telling.explaining import Wanted

    try:
        wanted = Wanted(most, counterfactuals)
        done = [inprocess.explained(each, wanted) for each in ids]
    finally:
        inprocess.close()
    lines = [line for each in done for line in _lines(*each)]
    output.result([answers.explained(*each) for each in done], "\n".join(lines))


def _lines(stored: Prediction, reasons: Reasons) -> list[str]:
    of = "" if reasons.of is None else f" of {reasons.of}"
    parts = [(f"{each.field} = {each.value}", each.part) for each in reasons.parts]
    numbers = [("base", reasons.base), *parts, ("all others", reasons.rest), ("answer", reasons.answer)]
    width = max(len(name) for name, _ in numbers)
    said = f"{stored.id}: {stored.endpoint}@{stored.version}, {reasons.unit}{of} ({reasons.method})"
    lines = [said, *(f"  {name:<{width}}  {number:+.6g}" for name, number in numbers)]
    turned = reasons.counterfactuals
    if turned is None:
        return lines
    for each in turned.found:
        changes = ", ".join(f"{change.field} = {change.to} ({change.value} now)" for change in each.changes)
        lines.append(f"  {each.decision} instead of {turned.decision} with {changes}")
    return [*lines, *([f"  {turned.none}"] if turned.none else [])]
