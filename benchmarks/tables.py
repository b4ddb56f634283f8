"""Tables in Markdown, written between their markers in a text that is otherwise a person's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

BENCH = "make bench"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table. The first column is text, the others are numbers.

    Raises ``ValueError`` where a row has more or fewer cells than the head.
    """
    if any(len(row) != len(head) for row in rows):
        raise ValueError("A row has more or fewer cells than the head.")
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def written(text: str, blocks: Mapping[str, str], by: str = BENCH) -> str:
    """The text with each block between its markers; what stood there goes, all else stays.

    ``by`` is the command that the markers name.

    Raises ``ValueError`` where a block's two markers are not there, once each and in order.
    """
    for name, block in blocks.items():
        first, last = markers(name, by)
        before, *rest = text.split(first)
        _, *after = rest[0].split(last) if len(rest) == 1 else ("",)
        if len(after) != 1:
            raise ValueError(f"There is no one place for {name!r}: {first} … {last}.")
        text = f"{before}{first}\n\n{block.strip()}\n\n{last}{after[0]}"
    return text


def markers(name: str, by: str = BENCH) -> tuple[str, str]:
    """Between what a block stands."""
    return f"<!-- {name}: written by {by} -->", f"<!-- end of {name} -->"
