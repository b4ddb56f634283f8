"""``flyball outcomes``: tell what really happened, from a file, by hand, or from the rows' own table."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.serving.calls import SentOutcome
    from flyball.stores.outcomes import Counts


@command
@click.argument("endpoint")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pull", is_flag=True, help="Read the declared outcome from the rows' own table.")
@click.option("--since", type=click.DateTime(), help="With --pull: only what happened from then on (UTC).")
@click.option("--prediction", type=click.UUID, help="One outcome: of this prediction.")
@click.option("--reference", help="One outcome: of the prediction with this reference.")
@click.option("--value", help="One outcome: what happened.")
def outcomes(
    output: Output,
    *,
    endpoint: str,
    file: Path | None,
    pull: bool,
    since: datetime | None,
    prediction: UUID | None,
    reference: str | None,
    value: str | None,
) -> None:
    """Record what really happened after ENDPOINT predicted.

    FILE is a CSV file, separated by commas, semicolons, tabs or bars, with the column "value" and one of
    "prediction", "reference", or "entity.<column>" with "occurred_at". What comes before its prediction is
    held until that comes; what is pulled and was never predicted is counted as unmatched and not stored.

    Examples:
      flyball outcomes income results.csv
      flyball outcomes income --reference loan-88123 --value ">50K"
      flyball outcomes credit_risk --pull
    """
    single = prediction is not None or reference is not None
    if [file is not None, pull, single].count(True) != 1 or single != (value is not None):
        raise click.UsageError("Give a FILE, --pull, or --value with --prediction or --reference.")
    if pull:
        counts = _pulled(endpoint, since)
    elif file is not None:
        counts = _recorded(endpoint, _read(file, endpoint))
    else:
        counts = _recorded(endpoint, [_one(endpoint, prediction, reference, value)])
    said = asdict(counts)
    output.result(said, ", ".join(f"{count} {state}" for state, count in said.items()) + ".")


def _pulled(endpoint: str, since: datetime | None) -> Counts:
    from flyball.control.declarations.discovery import find
    from flyball.control.routing.services import record_outcomes_pulled

    return record_outcomes_pulled(declaration=find(endpoint), since=since and since.replace(tzinfo=UTC))


def _read(file: Path, endpoint: str) -> list[SentOutcome]:
    from flyball.serving.http.outcome_bodies import from_csv

    return from_csv(file.read_bytes(), endpoint, source="file")


def _one(endpoint: str, prediction: UUID | None, reference: str | None, value: str | None) -> SentOutcome:
    from flyball.serving.calls import SentOutcome

    return SentOutcome(
        endpoint=endpoint,
        prediction=prediction,
        reference=reference,
        value=value,
        is_text=True,
        source="file",
    )


def _recorded(name: str, sent: list[SentOutcome]) -> Counts:
    from flyball import inprocess
    from flyball.control.declarations.selectors import endpoint
    from flyball.domain.access import Principal

    owner = Principal(team=endpoint(name).team.slug, role="owner")
    try:
        return asyncio.run(inprocess.data_plane().engine.outcomes(owner, sent))
    finally:
        inprocess.close()
