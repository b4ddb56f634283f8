"""From a call's rows to the values a version takes: checked, looked up, in the schema's order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from flyball.domain.errors import Conflict, InvalidInput, Problem, UnknownEntity
from flyball.domain.routing import Lookup, Manifest, Route
from flyball.domain.schema import MOST, Checked, Field, Kind, Schema, check, escape, left_out
from flyball.domain.values import Scalar, spelled, unpointed
from flyball.serving.calls import Row

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")
"""A whole number as it is written down."""
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""A number as it is written down."""
TRUTHS = {"true": True, "false": False}
Read = Callable[[Lookup, Scalar], Mapping[str, Scalar] | None]
"""One feature table's values for one key, or ``None``."""


class CheckedRow(msgspec.Struct):
    """One row on its way: its values so far, its entity as normalised, and warnings."""

    row: Row
    values: dict[str, Scalar]
    entity: dict[str, Scalar]
    warnings: list[Problem] = msgspec.field(default_factory=list)


def used(manifest: Manifest, lookups: Sequence[Lookup]) -> list[Lookup]:
    """The lookups that a version has fields from.

    Raises ``Conflict`` where they no longer give all of its fields: to the model, a column that is not
    published any more is not the same as a value that is missing.
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


def check_entity(
    route: Route, needed: Sequence[Lookup], entity: Mapping[str, Scalar], pointer: str
) -> Checked:
    """The entity's keys as their kinds, UUIDs in one spelling.

    Every column that names an entity of this endpoint, or did for some champion, is accepted; those of
    ``needed`` must be there. What the version does not look up by stays on the record, with a warning: an
    outcome may still name the entity. ``pointer`` is the row's place.
    """
    place = f"{pointer}/entity"
    must = {lookup.on for lookup in needed}
    kinds = {lookup.on: lookup.key_kind for lookup in route.lookups}
    fields = [Field(name=on, kind=kind, nullable=on not in must) for on, kind in kinds.items()]
    result = check(Schema(tuple(fields)), entity, pointer=place, known=frozenset(route.keys))
    result.warnings += left_out(kinds.keys() - must, entity, place)
    former = {name: entity[name] for name in entity if name in route.keys and name not in kinds}
    uuids = {lookup.on for lookup in route.lookups if lookup.is_uuid}
    values = {name: spelled(value) if name in uuids else value for name, value in result.values.items()}
    result.values = {name: value for name, value in (values | former).items() if value is not None}
    return result


def look_up(schema: Schema, needed: Sequence[Lookup], rows: Sequence[CheckedRow], read: Read) -> None:
    """Add the looked-up values to every row and bring them into the schema's order.

    A table without a row gives no values, as in training, where the model can do without and another table
    knows the entity. Raises ``UnknownEntity`` otherwise, ``InvalidInput`` where a stored value does not fit.
    """
    missing: list[Problem] = []
    problems: list[Problem] = []
    for each in rows:
        known: set[str] = set()
        for lookup in needed:
            found = read(lookup, each.entity[lookup.on])
            known |= {lookup.on} if found is not None else set()
            _add(schema.of(lookup.table), lookup, found, each, missing, problems)
        missing += [_unknown(each, on) for on in {lookup.on for lookup in needed} - known]
    if missing:
        raise UnknownEntity(problems=list(dict.fromkeys(missing)))
    if problems:
        raise InvalidInput("A stored feature does not fit the schema.", problems=problems)
    for each in rows:
        each.values = {name: each.values[name] for name in schema.names}


def parse_key(kind: Kind, text: str) -> Scalar:
    """An entity's key from a URL. Raises ``ValueError`` where it is of another kind."""
    if kind is Kind.INTEGER:
        # One spelling each: 01 is another text, and so would be another entity's address.
        if not WHOLE.fullmatch(text) or not -MOST - 1 <= int(text) <= MOST:
            raise ValueError("Expected a whole number of at most 64 bits.")
        return int(text)
    if kind is Kind.NUMBER:
        return parse_number(text)
    if kind is Kind.BOOLEAN:
        if text not in TRUTHS:
            raise ValueError("Expected true or false.")
        return TRUTHS[text]
    return text


def parse_cell_key(kind: Kind, text: str) -> Scalar:
    """An entity's key from a file of text, where ``4711.0`` is 4711. Raises ``ValueError`` likewise."""
    if kind is Kind.BOOLEAN:
        return parse_key(kind, text.lower())
    return parse_key(kind, unpointed(text) if kind is Kind.INTEGER else text)


def parse_number(text: str) -> float:
    """A finite number as JSON or a table has it. Raises ``ValueError``, for Python's own ``1_000`` too."""
    if not DECIMAL.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError("Expected a finite number.")
    return float(text)


def _add(
    schema: Schema,
    lookup: Lookup,
    found: Mapping[str, Scalar] | None,
    row: CheckedRow,
    missing: list[Problem],
    problems: list[Problem],
) -> None:
    if found is None and not all(each.nullable for each in schema.fields):
        missing.append(_unknown(row, lookup.on))
        return
    # Other routed versions may take more columns of the table.
    result = check(schema, {} if found is None else {name: found[name] for name in schema.names})
    row.values |= result.values
    place = f"{row.row.pointer}/entity/{escape(lookup.on)}"
    problems += [_located(each, lookup, place) for each in result.problems]
    row.warnings += [_located(each, lookup, place) for each in result.warnings]


def _gone(manifest: Manifest, what: str) -> Conflict:
    return Conflict(f"Version {manifest.number} needs {what}, which is no longer published.")


def _located(problem: Problem, lookup: Lookup, place: str) -> Problem:
    """A looked-up field has no place in the request; the key that led to it has."""
    name = problem.pointer.removeprefix("/")
    return replace(problem, pointer=place, message=f"{lookup.table}.{name}: {problem.message}")


def _unknown(row: CheckedRow, on: str) -> Problem:
    place = f"{row.row.pointer}/entity/{escape(on)}"
    return Problem(place, "unknown_entity", "No feature table has a row for this key.")
