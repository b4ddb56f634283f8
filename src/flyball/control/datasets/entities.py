"""Changing one entity's features, for tables that are declared writable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from flyball.control.datasets import django_source
from flyball.control.datasets.plan import table_source
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.errors import Forbidden, InvalidInput, Problem, UnknownEntity
from flyball.domain.records import now
from flyball.domain.schema import escape
from flyball.domain.values import Scalar, canonical

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


def update_entity(declaration: type[Endpoint], key: Scalar, values: Mapping[str, Any]) -> dict[str, Scalar]:
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
        for table in dict.fromkeys(tables[name] for name in values):
            own = {name: value for name, value in values.items() if tables[name] is table}
            instance = _instance(declaration, table, key)
            problems += _write(table, instance, own)
            saved |= {name: canonical(getattr(instance, name)) for name in own} if not problems else {}
        if problems:
            raise InvalidInput("Some of the values do not fit.", problems=problems)
    return saved


def _instance(declaration: type[Endpoint], table: FeatureTable, key: Scalar) -> models.Model:
    source, model = django_source.settle(table_source(declaration, table))
    try:
        rows = model._default_manager.select_for_update(of=("self",)).filter(**{str(source.key): key})
        newest = rows.order_by(f"-{table.event_time}") if table.event_time else rows.order_by("pk")
        instance = newest.first()
    except (ValueError, ValidationError, OverflowError):
        instance = None
    if instance is None:
        raise UnknownEntity
    return instance


def _write(table: FeatureTable, instance: models.Model, values: Mapping[str, Any]) -> list[Problem]:
    if table.event_time:
        instance.pk, instance._state.adding = None, True
        setattr(instance, table.event_time, now())
    for name, value in values.items():
        setattr(instance, name, value)
    try:
        instance.full_clean()
    except ValidationError as error:
        return [problem for name, errors in error.error_dict.items() for problem in _problems(name, errors)]
    instance.save()
    return []


def _problems(name: str, errors: list[ValidationError]) -> list[Problem]:
    pointer = "" if name == "__all__" else f"/{escape(name)}"
    codes = [str(error.code or "invalid") for error in errors]
    return [Problem(pointer, code, REASONS.get(code, "The value does not fit the field.")) for code in codes]
