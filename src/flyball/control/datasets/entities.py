"""Changing one entity's features, for tables that are declared writable."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from flyball.control.datasets.sources import model_source
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.errors import Conflict, Forbidden, InvalidInput, Problem, UnknownEntity
from flyball.domain.records import now
from flyball.domain.schema import Field, Kind, Schema, check, escape
from flyball.domain.values import Scalar, canonical, label_text, parse_timestamp
from flyball.snapshots.column_types import KIND, ColumnType
from flyball.snapshots.source import table_source

REASONS = {
    "required": "A value is needed.",
    "null": "A value is needed.",
    "blank": "A value is needed.",
    "invalid_choice": "Not one of the field's choices.",
    "unique": "Another row has this value already.",
    "max_length": "The text is too long.",
    "max_value": "The number is too large.",
    "min_value": "The number is too small.",
}
"""Sentences for Django's codes: its own sentences repeat the value."""


def update_entity(
    *, declaration: type[Endpoint], key: Scalar, values: Mapping[str, Any]
) -> dict[str, Scalar]:
    """Write features of one entity through the models' ``full_clean()`` and ``save()``; gives them as saved.

    Where a table has an event time, a new row is added from now on, and what was known before stays.
    Raises ``Forbidden`` for fields that are not writable, ``UnknownEntity``, and ``InvalidInput`` with a
    JSON pointer for each value that the model refuses.
    """
    tables = {name: table for table in declaration.tables() for name in table.writable}
    fixed = [
        Problem(f"/{escape(name)}", "not_writable", "This field cannot be written.")
        for name in values
        if name not in tables
    ]
    if fixed:
        raise Forbidden("Some of the fields cannot be written.", problems=fixed)
    problems: list[Problem] = []
    saved: dict[str, Scalar] = {}
    with transaction.atomic():
        if not values:
            _known(declaration, dict.fromkeys(tables.values()), key)
        for table in dict.fromkeys(tables[name] for name in values):
            own = {name: value for name, value in values.items() if tables[name] is table}
            instance = _instance(declaration, table, key)
            problems += _write(table, instance, own)
            saved |= {name: canonical(getattr(instance, name)) for name in own} if not problems else {}
        if problems:
            raise InvalidInput("Some of the values do not fit.", problems=problems)
    return saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Writable:
    """A field of one entity that may be written, with its value now.

    ``choices`` are the texts of the values that its model takes, each with what people call it; none where it
    takes any. ``is_event`` says that a change adds a row.
    """

    name: str
    table: str
    kind: Kind
    value: Scalar
    choices: tuple[tuple[str, str], ...] = ()
    takes_null: bool = True
    is_event: bool = False

    @property
    def text(self) -> str:
        """The value as people write it; empty where it is missing."""
        return "" if self.value is None else label_text(self.value)

    def read(self, text: str) -> Scalar:
        """The value that a text means; where it means none, the text, which ``update_entity`` refuses."""
        if not text and (self.takes_null or self.kind is not Kind.TEXT):
            return None
        if self.kind is Kind.BOOLEAN:
            return {"true": True, "false": False}.get(text, text)
        if self.kind not in {Kind.INTEGER, Kind.NUMBER}:
            return text
        try:
            number = json.loads(text)
        except ValueError:
            return text
        return number if isinstance(number, int | float) and not isinstance(number, bool) else text


def writable_fields(*, declaration: type[Endpoint], key: Scalar) -> list[Writable]:
    """The fields of an entity that may be written, by table; none where no table is writable.

    Raises ``UnknownEntity`` where none of the writable tables has the entity; ``DataError``.
    """
    tables = [table for table in declaration.tables() if table.writable]
    found: list[Writable] = []
    is_known = not tables
    for table in tables:
        with suppress(UnknownEntity):
            instance = _instance(declaration, table, key, locked=False)
            found += [_writable(table, instance, name) for name in table.writable]
            is_known = True
    if not is_known:
        raise UnknownEntity
    return found


def _writable(table: FeatureTable, instance: models.Model, name: str) -> Writable:
    field: Any = instance._meta.get_field(name)
    return Writable(
        name=name,
        table=table.name,
        kind=_kind(field),
        value=canonical(getattr(instance, name)),
        choices=tuple((label_text(value), str(called)) for value, called in field.flatchoices),
        takes_null=field.null and field.blank,
        is_event=table.event_time is not None,
    )


def _kind(field: Any) -> Kind:
    return KIND[model_source.stored_as(field) or ColumnType.TEXT]


def _instance(
    declaration: type[Endpoint], table: FeatureTable, key: Scalar, *, locked: bool = True
) -> models.Model:
    source, model = model_source.settle(table_source(declaration, table))
    every = model._default_manager.all()
    try:
        rows = (every.select_for_update(of=("self",)) if locked else every).filter(**{str(source.key): key})
        newest = rows.order_by(f"-{table.event_time}") if table.event_time else rows.order_by("pk")
        instance = newest.first()
    except (ValueError, ValidationError, OverflowError):
        instance = None
    if instance is None:
        raise UnknownEntity
    return instance


def _known(declaration: type[Endpoint], tables: Iterable[FeatureTable], key: Scalar) -> None:
    """Raises ``UnknownEntity`` where none of the tables has the entity."""
    for table in tables:
        with suppress(UnknownEntity):
            _instance(declaration, table, key)
            return
    raise UnknownEntity


def _write(table: FeatureTable, instance: models.Model, values: Mapping[str, Any]) -> list[Problem]:
    fields = {name: instance._meta.get_field(name) for name in values}
    checked = check(_schema(fields), values)
    if checked.problems:
        return checked.problems
    if table.event_time:
        instance.pk, instance._state.adding = None, True
        setattr(instance, table.event_time, now())
    for name, value in checked.values.items():
        setattr(instance, name, _as_django_has_it(fields[name], value))
    problems = _refused(instance, values)
    if not problems:
        _save(instance)
    return problems


def _refused(instance: models.Model, values: Mapping[str, Any]) -> list[Problem]:
    """What ``full_clean()`` says; an empty field that nobody asked to change does not stand in the way."""
    try:
        instance.full_clean()
    except ValidationError as error:
        found = [each for name, errors in error.error_dict.items() for each in _problems(name, errors)]
        touched = {f"/{escape(name)}" for name in values}
        return [each for each in found if each.pointer in touched or each.code not in {"null", "blank"}]
    return []


def _save(instance: models.Model) -> None:
    try:
        with transaction.atomic():
            instance.save()
    except IntegrityError:
        raise Conflict("The database refuses this change beside the other rows it has.") from None


def _schema(fields: Mapping[str, Any]) -> Schema:
    """The fields as a schema: Django alone would take 1.5 and true for the whole number 1."""
    return Schema(tuple(Field(name=name, kind=_kind(field), nullable=True) for name, field in fields.items()))


def _as_django_has_it(field: Any, value: Scalar) -> Any:
    if value is None or not isinstance(field, models.DateField):
        return value
    moment = parse_timestamp(str(value))
    return moment if isinstance(field, models.DateTimeField) else moment.date()


def _problems(name: str, errors: list[ValidationError]) -> list[Problem]:
    pointer = "" if name == "__all__" else f"/{escape(name)}"
    codes = [str(error.code or "invalid") for error in errors]
    return [Problem(pointer, code, REASONS.get(code, "The value does not fit the field.")) for code in codes]
