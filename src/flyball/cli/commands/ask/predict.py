"""``flyball predict``: one answer, or a file of them, without a server."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click

from flyball.cli import csv_rows
from flyball.cli.command import command
from flyball.cli.following.progress import steps
from flyball.cli.printing.output import Output
from flyball.cli.writing import refuse_no_place
from flyball.domain.errors import InvalidInput, ModelFailed, UnknownEntity
from flyball.domain.records import Prediction
from flyball.domain.routing import Manifest
from flyball.domain.schema import Schema
from flyball.domain.values import label_text
from flyball.serving.http import answers

CHUNK = 500
"""Rows that are answered and committed together."""
OF_ONE_ROW = (InvalidInput, UnknownEntity, ModelFailed)
"""Errors that one row of a file can bring about while the others are in order."""


@command
@click.argument("endpoint")
@click.option("--input", "sent", default="{}", help="The input, as a JSON object.")
@click.option("--entity", default="{}", help="The entity, as a JSON object.")
@click.option("--reference", help="Your own id for it; with --file: the column that holds it.")
@click.option("--version", "number", type=int, help="Ask this version instead of the route.")
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
    refuse_no_place(out)
    selectors.endpoint(endpoint)  # says what is missing better than a data plane that finds no tables
    try:
        if file is not None and out is not None:
            _file(output, _Rows(endpoint, reference, number), file, out)
        else:
            named, values = _object(entity), _object(sent)
            answer = inprocess.predict(
                endpoint, entity=named, input=values, reference=reference, version=number
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
    output.result(document, json.dumps(document, indent=2, ensure_ascii=False))


class _Rows:
    """How a file's rows become requests."""

    def __init__(self, endpoint: str, reference: str | None, number: int | None) -> None:
        from flyball.control.registry.selectors import manifest
        from flyball.control.routing import selectors

        version = selectors.resolve(f"{endpoint}@{number}" if number else endpoint)
        self.endpoint = endpoint
        self.number = number
        self.reference = reference
        known = manifest(version)
        self.schema: Schema = known.schema.of("request")
        self.answers = ("prediction", "version", *_outputs(known), "decision", "warnings", "error")
        route = selectors.route(endpoint)
        self.lookups = () if route is None else route.lookups

    def row(self, values: dict[str, str | None]) -> dict[str, Any]:
        """One row of a request from one row of the file."""
        return {
            "entity": csv_rows.keys(self.lookups, values),
            "input": csv_rows.typed(self.schema, values),
            "reference": values.get(self.reference) if self.reference else None,
        }


def _file(output: Output, asked: _Rows, file: Path, out: Path) -> None:
    names, rows = _rows(asked, file)
    done = refused = 0
    # Beside its place until it is whole: a run that fails leaves what was there before.
    draft = out.with_name(f"{out.name}.part")
    try:
        with steps(output) as bar, draft.open("w", newline="", encoding="utf-8") as target:
            writer = csv.DictWriter(target, [*names, *asked.answers], lineterminator="\n")
            writer.writeheader()
            while chunk := list(islice(rows, CHUNK)):
                for values, answer in zip(chunk, _answers(asked, chunk), strict=True):
                    line = _flat(answer)
                    refused += "error" in line
                    writer.writerow({**values, **line})
                done += len(chunk)
                bar.at(f"{asked.endpoint}: {done} rows", done)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    said = f"{done - refused} of {done} rows are answered in {out}."
    if refused:
        said += ' The column "error" says why the others are not.'
    output.result({"rows": done, "refused": refused, "file": str(out)}, said)
    if refused:
        raise SystemExit(1)


def _rows(asked: _Rows, file: Path) -> tuple[list[str], Iterator[dict[str, str | None]]]:
    """The file's columns and its rows."""
    rows = csv_rows.read(file)
    first = next(rows, None)
    if first is None:
        return [], rows
    if asked.reference and asked.reference not in first:
        raise click.UsageError(f"{file.name} has no column {asked.reference!r} to take references from.")
    taken = sorted(set(first) & set(asked.answers))
    if taken:
        raise click.UsageError(f"{file.name} has a column {taken[0]!r}, as the answers do. Rename it there.")
    return list(first), chain([first], rows)


def _outputs(manifest: Manifest) -> tuple[str, ...]:
    """The columns of one output."""
    if manifest.task == "classification":
        return ("label", *(f"probability {label_text(label)}" for label in manifest.classes))
    return ("value",) if manifest.task == "regression" else ("cluster",)


def _answers(asked: _Rows, chunk: Sequence[dict[str, str | None]]) -> list[Prediction | str]:
    """An answer for each row; for one that does not fit, the reason."""
    from flyball import inprocess

    rows = [asked.row(values) for values in chunk]
    answers: list[Prediction | str] = [""] * len(rows)
    try:
        answers[:] = inprocess.predict(asked.endpoint, rows=rows, version=asked.number)
    except OF_ONE_ROW:
        # A request is answered whole or not at all: now each row is one of its own.
        for position, row in enumerate(rows):
            answers[position] = _answer(asked, row)
    return answers


def _answer(asked: _Rows, row: dict[str, Any]) -> Prediction | str:
    from flyball import inprocess

    try:
        return inprocess.predict(asked.endpoint, rows=[row], version=asked.number)[0]
    except OF_ONE_ROW as error:
        said = (f"{problem.pointer.removeprefix('/rows/0')} {problem.code}" for problem in error.problems)
        return "; ".join(said) or error.detail


def _flat(answer: Prediction | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"error": answer}
    return {
        "prediction": str(answer.id),
        "version": answer.version,
        **dict(_columns(answer.output)),
        "decision": answer.decision,
        "warnings": "; ".join(f"{w.pointer} {w.code}" for w in answer.warnings),
    }


def _columns(output: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in output.items():
        if isinstance(value, dict):
            yield from ((f"probability {label}", share) for label, share in value.items())
        else:
            yield name, value
