"""``flyball card``: the model card of a version."""

from __future__ import annotations

from pathlib import Path

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.cli.writing import refuse_no_place, whole


@command
@click.argument("version")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file for it.")
def card(output: Output, *, version: str, out: Path | None) -> None:
    """Print the model card of VERSION (such as income@3) as Markdown.

    Facts are put together anew; what people have written on it is that of its page.

    Examples:
      flyball card income@champion --out income.md
    """
    from flyball.control.cards import facts
    from flyball.control.cards.markdown import markdown
    from flyball.control.routing.selectors import resolve

    refuse_no_place(out)
    wanted = resolve(version, default="newest")
    document = facts.document(wanted)
    text = markdown(document)
    if out is None:
        output.result(document, text.rstrip("\n"))
        return
    with whole(out) as file:
        file.write(text)
    output.result(document, f"The card of {wanted} is in {out}.")
