"""What a command says: tables and notes for people, one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

import click

from flyball.cli.escaping import shown, shown_json
from flyball.cli.printing.table import table

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 80
"""How wide a table is where the output is not a terminal (characters)."""


class Output:
    """Where a command writes: results to standard output or ``stream``, everything else to standard error."""

    def __init__(self, *, as_json: bool, stream: IO[str] | None = None) -> None:
        self.as_json = as_json
        self.stream = stream

    @cached_property
    def notes(self) -> Console:
        """Standard error; it says nothing to programs."""
        from rich.console import Console

        class Notes(Console):
            def on_broken_pipe(self) -> None:
                """Nobody reads it any more: Rich would end the process, or the thread that keeps another."""
                self.quiet = True

        return Notes(stderr=True, quiet=self.as_json, highlight=False, markup=False)

    def note(self, text: str) -> None:
        """Tell people what is going on, while there is a terminal; programs are not told."""
        with suppress(OSError):
            self.notes.print(shown(text), soft_wrap=True)

    def note_if(self, text: str | None) -> None:
        """The same, where there is something to tell."""
        if text:
            self.note(text)

    def note_table(
        self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], details: Sequence[str] = ()
    ) -> None:
        """A table on the way to the result."""
        _print(self.notes, rows, columns, details)

    def result(self, document: Any, text: str = "") -> None:
        """The result: the document for programs, the text for people."""
        self._write(_json(document) if self.as_json else shown(text))

    def table(
        self,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str],
        empty: str,
        details: Sequence[str] = (),
    ) -> None:
        """The result as a table of ``columns``; programs get each row whole. ``empty`` stands for no rows.

        ``details`` are columns of long texts: each text is a paragraph below the table, under the name in the
        row's first text.
        """
        from rich.console import Console

        if self.as_json:
            self._write(_json(list(rows)))
        elif not rows:
            self._write(empty)
        else:
            _print(Console(file=self.stream, highlight=False, markup=False), rows, columns, details)

    def _write(self, text: str) -> None:
        click.echo(text, file=self.stream)


def _json(document: Any) -> str:
    return shown_json(json.dumps(document, default=str, ensure_ascii=False))


def _print(
    console: Console, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], details: Sequence[str]
) -> None:
    width = console.width if console.is_terminal else WIDTH
    console.print(table(rows, columns, width), width=width)
    for row in rows:
        name = next((value for value in row.values() if isinstance(value, str)), "")
        for detail in details:
            if row.get(detail):
                console.print(shown(f"{name}: {row[detail]}"), width=width, overflow="fold")
