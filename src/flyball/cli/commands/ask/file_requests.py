"""A file of rows, answered into another file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click

from flyball.cli.following.progress import steps
from flyball.cli.printing.output import Output
from flyball.cli.writing import whole
from flyball.domain.delimited import inert
from flyball.domain.errors import InvalidInput, ModelFailed, UnknownEntity
from flyball.domain.records import Prediction
from flyball.domain.routing import Manifest
from flyball.domain.values import label_text
from flyball.serving.preparing import csv_rows

CHUNK = 500
"""Rows that are answered and committed together."""
OF_ONE_ROW = (InvalidInput, UnknownEntity, ModelFailed)
"""Errors that one row of a file can bring about while the others are in order."""


class FileRequests:
    """How a file's rows become requests."""

    def __init__(self, endpoint: str, reference: str | None, number: int | None) -> None:
        from flyball.control.registry.selectors import manifest
        from flyball.control.routing import selectors

        version = selectors.resolve(f"{endpoint}@{number}" if number else endpoint)
        self.endpoint = endpoint
        self.number = number
        self.reference = reference
        known = manifest(version)
        self.reading = csv_rows.readers(known.schema.of("request"))
        self.answers = ("prediction", "version", *_outputs(known), "decision", "warnings", "error")
        route = selectors.route(endpoint)
        self.lookups = () if route is None else route.lookups

    def row(self, values: dict[str, str | None]) -> dict[str, Any]:
        """One row of a request from one row of the file."""
        return {
            "entity": csv_rows.keys(self.lookups, values),
            "input": csv_rows.typed(self.reading, values),
            "reference": values.get(self.reference) if self.reference else None,
        }


def predict_file(output: Output, requests: FileRequests, file: Path, out: Path) -> None:
    """Answer every row of ``file`` into ``out``. Ends the command with 1 where some rows are refused."""
    names, rows = _rows(requests, file)
    done = refused = 0
    with steps(output) as bar, whole(out) as target:
        columns = [*names, *requests.answers]
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(map(inert, columns))
        while chunk := list(islice(rows, CHUNK)):
            for values, answer in zip(chunk, _predicted(requests, chunk), strict=True):
                line = _flat(answer)
                refused += "error" in line
                cells = {**values, **line}
                writer.writerow(inert(cells.get(column)) for column in columns)
            done += len(chunk)
            bar.at(f"{requests.endpoint}: {done} rows", done)
    said = f"{done - refused} of {done} rows are answered in {out}."
    if refused:
        said += ' The column "error" says why the others are not.'
    output.result({"rows": done, "refused": refused, "file": str(out)}, said)
    if refused:
        click.get_current_context().exit(1)


def _rows(requests: FileRequests, file: Path) -> tuple[list[str], Iterator[dict[str, str | None]]]:
    """The file's columns and its rows."""
    rows = csv_rows.read(file)
    first = next(rows, None)
    if first is None:
        return [], rows
    if requests.reference and requests.reference not in first:
        raise click.UsageError(f"{file.name} has no column {requests.reference!r} to take references from.")
    taken = sorted(set(first) & set(requests.answers))
    if taken:
        raise click.UsageError(f"{file.name} has a column {taken[0]!r}, as the answers do. Rename it there.")
    return list(first), chain([first], rows)


def _outputs(manifest: Manifest) -> tuple[str, ...]:
    """The columns of one output."""
    if manifest.task == "classification":
        return ("label", *(f"probability {label_text(label)}" for label in manifest.classes))
    if manifest.finish is not None and manifest.finish.interval is not None:
        return "value", "low", "high"
    if manifest.task == "anomaly_detection":
        return "score", "is_anomaly"
    return ("value",) if manifest.task == "regression" else ("cluster",)


def _predicted(requests: FileRequests, chunk: Sequence[dict[str, str | None]]) -> list[Prediction | str]:
    """An answer for each row; for one that does not fit, the reason."""
    from flyball import inprocess

    rows = [requests.row(values) for values in chunk]
    answers: list[Prediction | str] = [""] * len(rows)
    try:
        answers[:] = inprocess.predict(requests.endpoint, rows=rows, version=requests.number)
    except OF_ONE_ROW:
        # A request is answered whole or not at all: now each row is one of its own.
        for position, row in enumerate(rows):
            answers[position] = _predicted_alone(requests, row)
    return answers


def _predicted_alone(requests: FileRequests, row: dict[str, Any]) -> Prediction | str:
    from flyball import inprocess

    try:
        return inprocess.predict(requests.endpoint, rows=[row], version=requests.number)[0]
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
        elif isinstance(value, list):
            yield from zip(("low", "high"), value, strict=True)
        else:
            yield name, value
