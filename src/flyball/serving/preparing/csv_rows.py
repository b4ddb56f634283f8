"""CSV files of callers: text into the values that a schema asks for."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from flyball.domain.delimited import MISSING, delimiter_of
from flyball.domain.errors import DataError
from flyball.domain.routing import Lookup
from flyball.domain.schema import Field, Kind, Schema
from flyball.domain.values import Scalar, spelling, unpointed
from flyball.serving.preparing.features import parse_cell_key, parse_number

TRUTHS = {"true": True, "false": False, "1": True, "0": False}
WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
"""Python would take ``1_000`` too."""


def read(path: Path) -> Iterator[dict[str, str | None]]:
    """A CSV file's rows by column name; spaces around values are taken off, missing ones are ``None``.

    Raises ``DataError`` for a file that is not UTF-8, without a header, with a column twice, or with a row
    of another length.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            delimiter = delimiter_of(file.readline())
            file.seek(0)
            yield from _rows(path.name, csv.reader(file, delimiter=delimiter, skipinitialspace=True))
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not UTF-8. Save it as UTF-8.") from None


def _rows(place: str, lines: Any) -> Iterator[dict[str, str | None]]:
    names = [name.strip() for name in next(lines, [])]
    if not names or len(set(names)) < len(names):
        raise DataError(f"{place}: the first line names each column once.")
    for values in lines:
        if not values:
            continue
        if len(values) != len(names):
            raise DataError(f"{place}, line {lines.line_num}: {len(names)} values are expected.")
        texts = (value.strip() for value in values)
        yield {name: None if text in MISSING else text for name, text in zip(names, texts, strict=True)}


def readers(schema: Schema) -> dict[str, Callable[[str], Any]]:
    """For each field what reads a text as its value; a text that does not fit stays text."""
    return {field.name: _reader(field) for field in schema.fields}


def typed(reading: Mapping[str, Callable[[str], Any]], row: Mapping[str, str | None]) -> dict[str, Any]:
    """The row's values for the fields that ``readers`` were made for; what stays text is refused later."""
    given = {name: row[name] for name in reading if name in row}
    return {name: None if text is None else reading[name](text) for name, text in given.items()}


def keys(lookups: Sequence[Lookup], row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's columns that name the entity, each read as its table's key; a wrong one stays text."""
    kinds = {lookup.on: lookup.key_kind for lookup in lookups}
    return {name: _key(kind, row[name]) for name, kind in kinds.items() if row.get(name) is not None}


def _key(kind: Kind, text: Any) -> Any:
    try:
        return parse_cell_key(kind, str(text))
    except ValueError:
        return text


def _reader(field: Field) -> Callable[[str], Any]:
    if field.kind is Kind.CATEGORY:
        return partial(_category, set(field.categories), _spellings(field.categories))
    return {Kind.BOOLEAN: _boolean, Kind.INTEGER: _integer, Kind.NUMBER: _number}.get(field.kind, str)


def _spellings(categories: Sequence[Scalar]) -> dict[str, Scalar]:
    """Each category by its spelling, where that is no other's."""
    found = Counter(spelling(known) for known in categories)
    return {spelling(known): known for known in categories if found[spelling(known)] == 1}


def _category(known: Collection[Scalar], by_spelling: Mapping[str, Scalar], text: str) -> Any:
    # Categories may be numbers or booleans: what the snapshot holds says which.
    return text if text in known else by_spelling.get(spelling(text), text)


def _boolean(text: str) -> Any:
    return TRUTHS.get(unpointed(text).lower(), text)


def _integer(text: str) -> Any:
    whole = unpointed(text)
    return int(whole) if WHOLE.fullmatch(whole) else text


def _number(text: str) -> Any:
    try:
        return parse_number(text)
    except ValueError:
        return text
