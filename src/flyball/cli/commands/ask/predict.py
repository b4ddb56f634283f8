"""``flyball predict``: one answer, or a file of them, without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.commands.ask.file_requests import FileRequests, predict_file
from flyball.cli.printing.output import Output
from flyball.cli.writing import refuse_no_place
from flyball.domain.reasons.told import MOST_FIELDS
from flyball.domain.records import Prediction
from flyball.serving.http import answers


@command
@click.argument("endpoint")
@click.option("--input", "sent", default="{}", help="The input, as a JSON object.")
@click.option("--entity", default="{}", help="The entity, as a JSON object.")
@click.option("--reference", help="Your own id for it; with --file: the column that holds it.")
@click.option("--version", "number", type=int, help="Ask this version instead of the route.")
@click.option("--reasons", type=click.IntRange(1, MOST_FIELDS), help="So many fields that moved the answer.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A CSV file of rows."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the answers go (CSV).")
def predict(
    output: Output,
    *,
    endpoint: str,
    sent: str,
    entity: str,
    reference: str | None,
    number: int | None,
    reasons: int | None,
    file: Path | None,
    out: Path | None,
) -> None:
    """Ask ENDPOINT, in this process; every answer is recorded as a server's would be.

    A file's columns are found by name: inputs, and the columns that name the entity. The answers have
    the file's columns and those of the answer; rows that do not fit, or whose entity is unknown, say why
    in the column "error", and the command ends with 1.

    Examples:
      flyball predict income --input '{"age": 39, "education": "Bachelors"}'
      flyball predict diagnosis --entity '{"number": 17}'
      flyball predict income --file people.csv --out answers.csv
    """
    from flyball import inprocess
    from flyball.control.declarations import selectors

    if (file is None) != (out is None):
        raise click.UsageError("--file and --out belong together.")
    if file is not None and reasons:
        raise click.UsageError("--reasons are of one answer, without --file.")
    refuse_no_place(out)
    selectors.endpoint(endpoint)  # says what is missing better than a data plane that finds no tables
    try:
        if file is not None and out is not None:
            predict_file(output, FileRequests(endpoint, reference, number), file, out)
        else:
            named, values = _object(entity), _object(sent)
            answer = inprocess.predict(
                endpoint,
                entity=named,
                input=values,
                reference=reference,
                version=number,
                reasons=reasons or 0,
            )
            _one(output, answer)
    finally:
        inprocess.close()


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise click.UsageError("Inputs and entities are JSON objects, such as '{\"age\": 39}'.")
    return value


def _one(output: Output, answer: Prediction) -> None:
    document = answers.answer(answer)
    output.result(document, json.dumps(document, indent=2, ensure_ascii=False, default=str))
