"""``flyball outcomes``: tell what really happened, and see to what found no prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.routing.models import Outcome
    from flyball.domain.access import Principal
    from flyball.serving.calls import SentOutcome
    from flyball.stores.outcomes import Counts

    Parts = Callable[[], Iterator[list[SentOutcome]]]

COLUMNS = ("number", "state", "reference", "entity", "value", "occurred_at", "received_at")
LISTED = 100
WAYS = "Give one of FILE, --pull, --value, --state, --resolve and --retract."
NAMES = "Give --prediction or --reference with --value, --prediction with --resolve, and else neither."


@command
@click.argument("endpoint")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--again", is_flag=True, help="With FILE: record it once more, though it was recorded before.")
@click.option("--pull", is_flag=True, help="Read the declared outcome from the rows' own table.")
@click.option("--since", type=click.DateTime(), help="With --pull: only what happened from then on (UTC).")
@click.option("--prediction", type=click.UUID, help="One outcome: of this prediction.")
@click.option("--reference", help="One outcome: of the prediction with this reference.")
@click.option("--value", help="One outcome: what happened.")
@click.option(
    "--state",
    type=click.Choice(["ambiguous", "held", "unmatched", "bound", "retracted"]),
    help="List the newest outcomes in this state.",
)
@click.option("--resolve", type=int, help="Bind the outcome of this number, with --prediction.")
@click.option("--retract", type=int, help="Take the outcome of this number back.")
def outcomes(output: Output, *, endpoint: str, **given: Any) -> None:
    """Record what really happened after ENDPOINT predicted.

    FILE is a CSV file, separated by commas, semicolons, tabs or bars, with the column "value" and one of
    "prediction", "reference", or "entity.<column>" with "occurred_at". A large file is recorded in parts;
    what was recorded before, also by a command that was killed, is not recorded again. What comes before its
    prediction is held until that comes; what is pulled and was never predicted is counted as unmatched and
    not stored. Outcomes that found no prediction, or several, are listed, bound by hand, or taken back.

    Examples:
      flyball outcomes income results.csv
      flyball outcomes income --reference loan-88123 --value ">50K"
      flyball outcomes credit_risk --pull
      flyball outcomes income --state ambiguous
      flyball outcomes income --resolve 17 --prediction 0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b
      flyball outcomes income --retract 17
    """
    act = {
        "file": _record_file,
        "pull": _record_pulled,
        "value": _record_one,
        "state": _list,
        "resolve": _settle,
        "retract": _settle,
    }
    act[_way(given)](output, endpoint, given)


def _way(given: dict[str, Any]) -> str:
    """What is asked for. Raises ``UsageError`` for nothing, and for two things at once."""
    ways = [name for name in ("file", "value", "state", "resolve", "retract") if given[name] is not None]
    ways += ["pull"] if given["pull"] else []
    if len(ways) != 1:
        raise click.UsageError(WAYS)
    names = [name for name in ("prediction", "reference") if given[name] is not None]
    fitting: dict[str, Sequence[list[str]]] = {
        "value": (["prediction"], ["reference"]),
        "resolve": (["prediction"],),
    }
    if names not in fitting.get(ways[0], ([],)):
        raise click.UsageError(NAMES)
    return ways[0]


def _record_file(output: Output, endpoint: str, given: dict[str, Any]) -> None:
    content = given["file"].read_bytes()
    key = sha256(content).hexdigest() + (f"-{uuid4()}" if given["again"] else "")
    _say(output, _recorded(output, endpoint, lambda: _parts(content, endpoint), key))


def _parts(content: bytes, endpoint: str) -> Iterator[list[SentOutcome]]:
    """The outcomes of a file, as many at a time as are one commit. Raises ``InvalidInput`` at its end."""
    from flyball.domain.errors import Problem
    from flyball.serving.http.reading.outcome_bodies import csv_outcomes, refuse
    from flyball.stores.outcomes import MOST

    problems: list[Problem] = []
    sent = csv_outcomes(content, endpoint, problems, source="file")
    while part := list(islice(sent, MOST)):
        if not problems:
            yield part
    refuse(problems)


def _record_pulled(output: Output, endpoint: str, given: dict[str, Any]) -> None:
    from flyball.control.declarations.discovery import find
    from flyball.control.routing.services import record_outcomes_pulled

    since: datetime | None = given["since"]
    _say(
        output,
        record_outcomes_pulled(declaration=find(endpoint), since=since and since.replace(tzinfo=UTC)),
    )


def _record_one(output: Output, endpoint: str, given: dict[str, Any]) -> None:
    from flyball.serving.calls import SentOutcome

    sent = SentOutcome(
        endpoint=endpoint,
        prediction=given["prediction"],
        reference=given["reference"],
        value=given["value"],
        is_text=True,
        source="file",
    )
    _say(output, _recorded(output, endpoint, lambda: iter([[sent]]), key=str(uuid4())))


def _recorded(output: Output, endpoint: str, parts: Parts, key: str) -> Counts:
    """Record outcomes in parts, each under a key of its own; nothing, where one of them does not fit.

    The parts are read twice, and never all of them are in memory.
    """
    import asyncio

    from flyball import inprocess
    from flyball.control.declarations import selectors
    from flyball.domain.access import Principal
    from flyball.stores.outcomes import Counts

    owner = Principal(team=selectors.endpoint(endpoint).team.slug, role="owner")

    async def record() -> Counts:
        engine = inprocess.data_plane().engine
        before = every = 0
        for number, part in enumerate(parts()):
            await engine.checked_outcomes(owner, part)
            every += len(part)
            before += len(part) if _is_known(owner, part, f"{key}-{number}") else 0
        if before:
            done = f"{before} of {every} outcomes were recorded before, and are not recorded again"
            output.note(f"{done} (--again does).")
        counts = Counts()
        for number, part in enumerate(parts()):
            counts += await engine.outcomes(owner, part, f"{key}-{number}")
        return counts

    try:
        return asyncio.run(record())
    finally:
        inprocess.close()


def _is_known(owner: Principal, part: Sequence[SentOutcome], key: str) -> bool:
    """Whether the outcomes are stored under their key already."""
    from contextlib import closing

    from flyball.control.connection import database
    from flyball.serving.feedback import retry_of
    from flyball.stores import idempotency

    stored = retry_of(owner, part, key)
    with closing(database().connect_read_only()) as connection:
        return bool(stored and idempotency.known(database(), connection, [stored.digest]))


def _list(output: Output, endpoint: str, given: dict[str, Any]) -> None:
    from flyball.control.declarations import selectors as declarations
    from flyball.control.routing import selectors

    every = selectors.outcomes(declarations.endpoint(endpoint).name, given["state"])
    rows = [_shown(one) for one in every[:LISTED]]
    output.table(rows, COLUMNS, f"{endpoint} has no {given['state']} outcomes.")


def _settle(output: Output, endpoint: str, given: dict[str, Any]) -> None:
    from flyball.control.routing.services import resolve_outcome, retract_outcome

    prediction: UUID | None = given["prediction"]
    if prediction is None:
        settled = retract_outcome(endpoint=endpoint, outcome=given["retract"])
    else:
        settled = resolve_outcome(endpoint=endpoint, outcome=given["resolve"], prediction=prediction)
    output.result(_shown(settled), f"Outcome {settled.pk} is {settled.state}.")


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "number": outcome.pk,
        "state": outcome.state,
        "prediction": outcome.prediction,
        "reference": outcome.reference,
        "entity": outcome.entity_key,
        "value": outcome.value,
        "occurred_at": outcome.occurred_at,
        "received_at": outcome.received_at,
    }


def _say(output: Output, counts: Counts) -> None:
    said = asdict(counts)
    output.result(said, ", ".join(f"{count} {state}" for state, count in said.items()) + ".")
