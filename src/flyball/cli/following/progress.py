"""A progress bar for work in steps; without a terminal, a line for each step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flyball.cli.escaping import shown
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from rich.progress import Progress


@contextmanager
def steps(output: Output) -> Iterator[Steps]:
    """A progress bar, gone when the work is done."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=output.notes,
        transient=True,
        disable=output.as_json or not output.notes.is_terminal,  # else it leaves an empty line behind
    ) as progress:
        yield Steps(output, progress)


class Steps:
    """A running progress bar."""

    def __init__(self, output: Output, progress: Progress) -> None:
        self._output = output
        self._progress = progress
        self._task = progress.add_task("", total=None)
        self._said = ""

    def at(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Where the work is. Without a terminal, each new text is a line of its own."""
        self._progress.update(self._task, description=shown(text), completed=done or 0, total=total)
        if not self._progress.console.is_terminal and text != self._said:
            self._output.note(f"  {text}")
        self._said = text
