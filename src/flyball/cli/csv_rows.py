"""CSV files of callers: text into the values that a schema asks for."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flyball.domain.delimited import MISSING, delimiter_of
from flyball.domain.errors import DataError
from flyball.domain.routing import Lookup
from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.preparing.features import parse_key

TRUTHS = {"true": True, "false": False, "1": True, "0": False}


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


def typed(schema: Schema, row: Mapping[str, str | None]) -> dict[str, Any]:
    """The row's values for the schema's fields; a text that does not fit stays text, and is refused later."""
    return {field.name: _value(field, row[field.name]) for field in schema.fields if field.name in row}


def keys(lookups: Sequence[Lookup], row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's columns that name the entity, each read as its table's key; a wrong one stays text."""
    kinds = {lookup.on: lookup.key_kind for lookup in lookups}
    return {name: _key(kind, row[name]) for name, kind in kinds.items() if row.get(name) is not None}


def _key(kind: Kind, text: Any) -> Any:
    try:
        return parse_key(kind, str(text))
    except (ValueError, KeyError):
        return text


def _value(field: Field, text: str | None) -> Any:
    if text is None:
        return None
    if field.kind is Kind.CATEGORY:
        return _category(field, text)
    if field.kind is Kind.BOOLEAN:
        return TRUTHS.get(text.lower(), text)
    if field.kind not in {Kind.NUMBER, Kind.INTEGER}:
        return text
    try:
        return int(text) if field.kind is Kind.INTEGER else float(text)
    except ValueError:
        return text


def _category(field: Field, text: str) -> Any:
    # Categories may be numbers or booleans: what the snapshot holds says which.
    for known in field.categories:
        if (str(known).lower() if isinstance(known, bool) else str(known)) == text:
            return known
    return text
