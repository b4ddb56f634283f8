"""From a call's rows to the values a version takes: checked, looked up, in the schema's order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from flyball.domain.errors import MOST_PROBLEMS, Conflict, InvalidInput, Problem, UnknownEntity
from flyball.domain.routing import Lookup, Manifest
from flyball.domain.schema import MOST, Checked, Field, Kind, Schema, check, escape
from flyball.domain.values import Scalar
from flyball.serving.calls import Row

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")
"""A whole number as it is written down."""
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""A number as it is written down."""
Read = Callable[[Lookup, Scalar], Mapping[str, Scalar] | None]
"""One feature table's values for one key, or ``None``."""
CheckInput = Callable[[Mapping[str, object], str], Checked]
"""Checks what a request brings, with its place."""


@dataclass(slots=True)
class Asked:
    """One row on its way: its values so far, its entity as normalised, and warnings."""

    row: Row
    values: dict[str, Scalar]
    entity: dict[str, Scalar]
    warnings: list[Problem] = field(default_factory=list)


def used(manifest: Manifest, lookups: Sequence[Lookup]) -> list[Lookup]:
    """The lookups that a version has fields from.

    Raises ``Conflict`` where they no longer give all of its fields: a gap is no missing value, which the
    model could do without.
    """
    looked_up = [each for each in manifest.schema.fields if each.source != "request"]
    if not looked_up:
        return []
    published = {lookup.table: dict(lookup.columns) for lookup in lookups}
    for each in looked_up:
        if each.source not in published:
            raise _gone(manifest, f"feature table {each.source}")
        if each.name not in published[each.source]:
            raise _gone(manifest, f"{each.source}.{each.name}")
    sources = {each.source for each in looked_up}
    return [lookup for lookup in lookups if lookup.table in sources]


def checked(
    needed: Sequence[Lookup], lookups: Sequence[Lookup], rows: Sequence[Row], check_input: CheckInput
) -> list[Asked]:
    """Every row's input and entity, checked completely. Raises ``InvalidInput`` with every problem there is.

    After the row that makes them more than anybody is told, no further one is looked at.
    ``needed`` are those of the endpoint's ``lookups`` that the version has fields from.
    """
    problems: list[Problem] = []
    every = []
    for row in rows:
        result = check_input(row.input, f"{row.pointer}/input")
        entity = check_entity(lookups, needed, row.entity, row.pointer, problems)
        problems += result.problems
        every.append(Asked(row, result.values, entity, result.warnings))
        if len(problems) > MOST_PROBLEMS:
            break
    if problems:
        raise InvalidInput(problems=problems)
    return every


def check_entity(
    lookups: Sequence[Lookup],
    needed: Sequence[Lookup],
    entity: Mapping[str, Scalar],
    pointer: str,
    problems: list[Problem],
) -> dict[str, Scalar]:
    """The entity's keys as their kinds, UUIDs in one spelling; what is wrong is added to ``problems``.

    Every column that names an entity of this endpoint is accepted, those of ``needed`` must be there.
    """
    must = {lookup.on for lookup in needed}
    kinds = {lookup.on: lookup.key_kind for lookup in lookups}
    fields = [Field(name=on, kind=kind, nullable=on not in must) for on, kind in kinds.items()]
    result = check(Schema(tuple(fields)), entity, pointer=f"{pointer}/entity")
    problems += result.problems
    uuids = {lookup.on for lookup in lookups if lookup.is_uuid}
    return {
        name: _spelled(value) if name in uuids else value
        for name, value in result.values.items()
        if value is not None
    }


def look_up(schema: Schema, needed: Sequence[Lookup], asked: Sequence[Asked], read: Read) -> None:
    """Add the looked-up values to every row and bring them into the schema's order.

    A table without a row gives no values, as in training, where the model can do without and another table
    knows the entity. Raises ``UnknownEntity`` otherwise, ``InvalidInput`` where a stored value does not fit.
    """
    missing: list[Problem] = []
    problems: list[Problem] = []
    for each in asked:
        known: set[str] = set()
        for lookup in needed:
            found = read(lookup, each.entity[lookup.on])
            known |= {lookup.on} if found is not None else set()
            _add(schema.of(lookup.table), lookup, found, each, missing, problems)
        missing += [_stranger(each, on) for on in {lookup.on for lookup in needed} - known]
    if missing:
        raise UnknownEntity(problems=list(dict.fromkeys(missing)))
    if problems:
        raise InvalidInput("A stored feature does not fit the schema.", problems=problems)
    for each in asked:
        each.values = {name: each.values[name] for name in schema.names}


def parse_key(kind: Kind, text: str) -> Scalar:
    """An entity's key from a URL or a file of text. Raises ``ValueError`` where it is none of that kind."""
    if kind is Kind.INTEGER:
        # One spelling each: 01 is another text, and so would be another entity's address.
        if not WHOLE.fullmatch(text) or not -MOST - 1 <= int(text) <= MOST:
            raise ValueError("Expected a whole number of at most 64 bits.")
        return int(text)
    if kind is Kind.NUMBER:
        return parse_number(text)
    if kind is Kind.BOOLEAN:
        return {"true": True, "false": False}[text]
    return text


def parse_number(text: str) -> float:
    """A finite number as JSON or a table has it. Raises ``ValueError``: Python's own ``1_000`` is none."""
    if not DECIMAL.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError("Expected a finite number.")
    return float(text)


def _add(
    schema: Schema,
    lookup: Lookup,
    found: Mapping[str, Scalar] | None,
    asked: Asked,
    missing: list[Problem],
    problems: list[Problem],
) -> None:
    if found is None and not all(each.nullable for each in schema.fields):
        missing.append(_stranger(asked, lookup.on))
        return
    # Other routed versions may take more columns of the table.
    result = check(schema, {} if found is None else {name: found[name] for name in schema.names})
    asked.values |= result.values
    place = f"{asked.row.pointer}/entity/{escape(lookup.on)}"
    problems += [_located(each, lookup, place) for each in result.problems]
    asked.warnings += [_located(each, lookup, place) for each in result.warnings]


def _spelled(key: Scalar) -> Scalar:
    """A UUID as it stands in snapshots: lower case, with dashes. What is none stays, and names no row."""
    try:
        return str(UUID(str(key)))
    except ValueError:
        return key


def _gone(manifest: Manifest, what: str) -> Conflict:
    return Conflict(f"Version {manifest.number} needs {what}, which is no longer published.")


def _located(problem: Problem, lookup: Lookup, place: str) -> Problem:
    """A looked-up field has no place in the request; the key that led to it has."""
    name = problem.pointer.removeprefix("/")
    return replace(problem, pointer=place, message=f"{lookup.table}.{name}: {problem.message}")


def _stranger(asked: Asked, on: str) -> Problem:
    place = f"{asked.row.pointer}/entity/{escape(on)}"
    return Problem(place, "unknown_entity", "No feature table has a row for this key.")
