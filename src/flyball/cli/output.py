"""What a command says: tables and progress for people, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table


class Output:
    """Where a command writes: results to standard output, everything else to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._notes = Console(stderr=True, quiet=as_json, highlight=False, markup=False)

    def note(self, text: str) -> None:
        """Tell people what is going on; programs are not told."""
        self._notes.print(text, soft_wrap=True)

    def note_table(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """A table on the way to the result."""
        self._notes.print(_table(rows, columns), width=_width(self._notes))

    def result(self, document: Any, text: str = "") -> None:
        """The result: the document for programs, the text for people."""
        click.echo(json.dumps(document, default=str, ensure_ascii=False) if self.as_json else text)

    def table(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
        """The result as a table of ``columns``; programs get each row whole. ``empty`` stands for no rows."""
        if self.as_json:
            click.echo(json.dumps(list(rows), default=str, ensure_ascii=False))
        elif not rows:
            click.echo(empty)
        else:
            console = Console(highlight=False, markup=False)
            console.print(_table(rows, columns), width=_width(console))

    @contextmanager
    def steps(self) -> Iterator[Steps]:
        """A progress bar for work in steps, gone when the work is done."""
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=self._notes,
            transient=True,
            disable=self.as_json,
        ) as progress:
            yield Steps(self, progress)


class Steps:
    """A running progress bar."""

    def __init__(self, output: Output, progress: Progress) -> None:
        self._output = output
        self._progress = progress
        self._task = progress.add_task("", total=None)
        self._said = ""

    def at(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Where the work is. Without a terminal, each new text is a line of its own."""
        self._progress.update(self._task, description=text, completed=done or 0, total=total)
        if not self._progress.console.is_terminal and text != self._said:
            self._output.note(f"  {text}")
        self._said = text


def cell(value: Any, column: str = "") -> str:
    """A value as people read it: four decimals of a score, one of seconds, – for what is not known."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.1f}" if column == "seconds" else f"{value:.4f}"
    if isinstance(value, list | tuple):
        return " ".join(cell(item, column) for item in value)
    return str(value)


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(cell(row.get(column), column) for column in columns))
    return table


def _width(console: Console) -> int | None:
    # Outside a terminal nothing is cut at 80 columns: the reader is a file or another program.
    return None if console.is_terminal else 200
