"""A card as Markdown: every text that somebody else has written stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

INLINE = re.compile(r"([\\`*_\[\]()|~$])")
"""What Markdown might take for markup wherever it stands."""
BEGINNING = re.compile(r"^(\s*)([#+=-]|\d+(?=[.)]))", re.MULTILINE)
"""What it might take for a heading, a list or a rule where a line begins with it."""
NOTHING = "Nobody has written anything here yet."


def markdown(card: Mapping[str, Any]) -> str:
    """A card's document as Markdown, with tables as GitHub reads them."""
    return "\n".join(_lines(card)).rstrip() + "\n"


def _lines(card: Mapping[str, Any]) -> Iterator[str]:
    yield f"# Model card: {_text(card['version'])}"
    yield ""
    if card["description"]:
        yield from (_text(card["description"]), "")
    classes = f" of {', '.join(_text(each) for each in card['classes'])}" if card["classes"] else ""
    yield from (f"{card['task'].replace('_', ' ').capitalize()}{classes}. Made {_text(card['made_at'])}.", "")
    yield from _written(card["written"])
    yield from _scores(card)
    yield from _learned(card)
    yield from ("## Fields", "")
    names = ("name", "kind", "source", "may_be_missing", "values", "unseen")
    yield from _table(names, [[each[name] for name in names] for each in card["fields"]])
    yield from ("## How it is answered", "", _text(card["answered"]) or "Nothing is known of that.", "")


def _written(written: Mapping[str, Any]) -> Iterator[str]:
    for name, title in (("intended_use", "Intended use"), ("limits", "Limits"), ("owners", "Owners")):
        yield from (f"## {title}", "", _text(written[name]) or f"*{NOTHING}*", "")
    if written["changed_at"]:
        by = f" by {_text(written['changed_by'])}" if written["changed_by"] else ""
        of = f", on the card of version {written['of']}" if written["of"] else ""
        yield from (f"Written {_text(written['changed_at'])}{by}{of}.", "")


def _scores(card: Mapping[str, Any]) -> Iterator[str]:
    scores = card["scores"]
    yield from ("## Scores", "")
    if scores["held_out"] is None:
        yield from ("It was imported, or fitted elsewhere: it has no score of its own.", "")
    else:
        low_high = scores["interval"]
        interval = f" (95 % interval {low_high[0]:.4f} to {low_high[1]:.4f})" if low_high else ""
        yield f"{_text(scores['metric'])} {scores['held_out']:.4f}{interval} on rows that were held out"
        folds = ", ".join("–" if each is None else f"{each:.4f}" for each in scores["folds"])
        yield from (f"of all that it could learn from; in its folds {folds}.", "")
    yield from (line for note in card["out_of_fold"] for line in (_text(note), ""))
    yield from _rows(scores["report"])
    for name, title in (("slices", "Where it is worst"), ("importance", "What its answers hang on")):
        if card[name]:
            yield from (f"### {title}", "")
            yield from _rows(card[name])


def _learned(card: Mapping[str, Any]) -> Iterator[str]:
    snapshot, how = card["learned_from"], card["how"]
    yield from ("## What it learned from", "")
    if snapshot:
        yield f"Snapshot `{_text(snapshot['digest'])[:12]}`: {snapshot['rows']:,} rows, taken"
        yield from (f"{_text(snapshot['taken_at'])}.", "")
    else:
        yield from ("Not known here.", "")
    yield from (line for said in card["weighing"] for line in (_text(said), ""))
    parameters = ", ".join(f"{_text(name)} {_text(value)}" for name, value in how["parameters"].items())
    yield f"Candidate {_text(how['candidate'])}{f' with {parameters}' if parameters else ''};"
    yield from (f"{_text(how['trials'])} trials, seed {_text(how['seed'])}.", "")
    environment = dict(card["environment"])
    libraries = environment.pop("libraries", {}) or {}
    known = {**environment, **libraries} if isinstance(libraries, dict) else environment
    yield from ("; ".join(f"{_text(name)} {_text(value)}" for name, value in known.items()), "")


def _rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if rows:
        yield from _table(list(rows[0]), [list(each.values()) for each in rows])


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(_text(each.replace('_', ' ')) for each in columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(_cell(each) for each in row)} |"
    yield ""


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return "–" if value is None else _text(value).replace("\n", " ")


def _text(value: Any) -> str:
    """A text in which nothing is markup; its lines stay lines."""
    if value is None:
        return "–"
    plain = INLINE.sub(r"\\\1", escape(str(value), quote=False))
    return BEGINNING.sub(lambda found: f"{found[1]}&#{ord(found[2][0])};{found[2][1:]}", plain)
