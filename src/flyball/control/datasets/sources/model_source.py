"""Django models as sources: fields and lookups, read in pages by primary key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import connection, models

from flyball.control.datasets.sources import enumerations, patterns
from flyball.control.datasets.sources.copying import selects
from flyball.snapshots.column_types import ColumnType
from flyball.snapshots.source import Source, Staged, chosen

PAGE = 5_000
"""Rows read at once: short enough that no read stays open over a second."""

FIELDS: tuple[tuple[type[models.Field[Any, Any]], ColumnType], ...] = (
    (models.BooleanField, ColumnType.BOOLEAN),
    (models.IntegerField, ColumnType.INTEGER),
    (models.FloatField, ColumnType.NUMBER),
    (models.DecimalField, ColumnType.NUMBER),
    (models.DateField, ColumnType.MOMENT),  # and DateTimeField, which derives from it
    (models.CharField, ColumnType.TEXT),
    (models.TextField, ColumnType.TEXT),
    (models.UUIDField, ColumnType.TEXT),
    (models.GenericIPAddressField, ColumnType.TEXT),
)


def model_of(source: Source) -> type[models.Model]:
    """The model that a source names. Raises ``DataError`` where no installed app has it."""
    try:
        return apps.get_model(source.origin.model)
    except (LookupError, ValueError):
        raise source.fail(
            "is not the name of a model.", 'Write it as "app.Model", of an app in INSTALLED_APPS.'
        ) from None


def field_of(source: Source, model: type[models.Model], name: str) -> models.Field[Any, Any]:
    """The field at the end of a lookup such as ``city__region``. Raises ``DataError`` where there is none."""
    current: type[models.Model] | None = model
    field: Any = None
    for part in name.split("__"):
        if current is None:
            raise source.lacks(name, "A lookup goes on only across a foreign key.")
        field = _step(source, current, name, part)
        current = field.related_model if field.is_relation and part != getattr(field, "attname", "") else None
    while getattr(field, "remote_field", None):
        field = field.target_field
    return getattr(field, "output_field", field) if isinstance(field, models.GeneratedField) else field


def _step(source: Source, model: type[models.Model], name: str, part: str) -> Any:
    """The field that one part of a lookup names, which leads to one object at most."""
    try:
        field: Any = model._meta.pk if part == "pk" else model._meta.get_field(part)
    except FieldDoesNotExist:
        known = ", ".join(sorted(field.attname for field in model._meta.concrete_fields))
        raise source.lacks(name, f"{model.__name__} has: {known}.") from None
    if getattr(field, "one_to_many", False) or getattr(field, "many_to_many", False):
        raise source.fail(f"the lookup {name!r} leads to many rows.", "Follow foreign keys forward only.")
    return field


def column_type(source: Source, model: type[models.Model], name: str) -> ColumnType:
    """How a field or lookup is stored. Raises ``DataError`` where it holds no scalar, or converts it."""
    field = field_of(source, model, name)
    stored = stored_as(field)
    if stored is None:
        raise source.fail(
            f"the column {name!r} is a {type(field).__name__}, which is not read.",
            "Leave it out with columns=.",
        )
    if field.get_db_converters(connection):  # from_db_value
        raise source.fail(
            f"the column {name!r} is a {type(field).__name__}, whose stored values Python converts; "
            "lookups while predicting do not.",
            "Leave it out with columns=, or read the stored values with query=.",
        )
    return stored


def stored_as(field: models.Field[Any, Any]) -> ColumnType | None:
    """How a field's values are stored; ``None`` for fields that hold no scalar."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return next((stored for kind, stored in FIELDS if isinstance(target, kind)), None)


def settle(source: Source) -> tuple[Source, type[models.Model]]:
    """The source with its key settled: what was named where the model has it, else the primary key."""
    model = model_of(source)
    names = {name for field in model._meta.concrete_fields for name in (field.name, field.attname)}
    first = (source.key or "pk").partition("__")[0]
    explicit = source.key if first in names else model._meta.pk.attname
    return replace(source, key=explicit), model


def columns(source: Source, model: type[models.Model]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names to read and, of them, the features: without ``columns=``, all but the primary key."""
    own = [field.attname for field in model._meta.concrete_fields]
    asked = [source.key, source.time, *source.needed, *(source.columns or ())]
    lookups = [name for name in dict.fromkeys(asked) if name and name not in own]
    names, features = chosen(source, [*own, *lookups])
    if source.columns is None:
        taken = {
            field.attname for field in model._meta.concrete_fields if field.primary_key or field.name in asked
        }
        features = tuple(name for name in features if name in own and name not in taken)
    return tuple(name for name in names if name in features or name in asked), features


def rows(source: Source, model: type[models.Model]) -> models.QuerySet[Any]:
    """The rows that a source names, for ``pages``.

    Raises ``DataError`` for an unknown manager or one that slices, for an unknown field in its ``Q``, and for
    a regular expression that cannot be read.
    """
    query = _chosen(source, model)
    patterns.refuse_unreadable(source, query)
    return query


def _chosen(source: Source, model: type[models.Model]) -> models.QuerySet[Any]:
    name, where = source.origin.manager, source.origin.where
    manager = getattr(model, name, None) if name else model._default_manager
    if not isinstance(manager, models.Manager):
        known = ", ".join(sorted(each.name for each in model._meta.managers))
        raise source.fail(f"has no manager {name!r}.", f"{model.__name__} has: {known}.")
    query = manager.all()
    if query.query.is_sliced:
        raise source.fail(
            f"the manager {manager.name!r} gives a slice, such as [:10], which cannot be read page by page.",
            "Have it choose its rows by filter().",
        )
    if where is None:
        return query
    try:
        if not getattr(where, "conditional", False):
            raise TypeError  # as Django does for most values that are not conditions
        return query.filter(where).distinct()  # a Q that leads to many rows would give each row many times
    except FieldError as error:
        raise source.fail("where= does not fit the model:", str(error)) from None
    except (TypeError, ValueError, ValidationError):
        raise source.fail("where= does not fit the model.", "Write it as where=Q(field=value).") from None


def pages(query: models.QuerySet[Any], names: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in pages by primary key: each page is a query of its own, so that no read stays open."""
    ordered = query.order_by("pk").values_list("pk", *names)
    last = None
    while True:
        page = list(ordered[:PAGE] if last is None else ordered.filter(pk__gt=last)[:PAGE])
        if not page:
            return
        last = page[-1][0]
        yield [row[1:] for row in page]


def shape(source: Source) -> Staged:
    """The model's rows as they will be staged, in files that are not there yet. Raises ``DataError``."""
    source, model = settle(source)
    names, features = columns(source, model)
    return Staged(
        source=source,
        paths=(),
        names=names,
        types=tuple(column_type(source, model, name) for name in names),
        features=features,
        days=frozenset(name for name in names if _is_day(field_of(source, model, name))),
    )


def statements(shape: Staged) -> list[str]:
    """The statements by which PostgreSQL copies the rows of a shape; none where Python has to read them.

    Raises as ``rows`` does.
    """
    return selects.of_model(rows(shape.source, model_of(shape.source)), shape.names, shape.types)


def read(shape: Staged, path: Path) -> Staged:
    """Copy the rows of a shape to a Parquet file. Raises ``DataError``."""
    from flyball.snapshots.arrow import RowWriter  # a web process has no pyarrow to load

    with RowWriter(path, shape.types) as writer:
        for page in pages(rows(shape.source, model_of(shape.source)), shape.names):
            writer.write(page)
    return replace(shape, paths=(path,))


def named(staged: Staged) -> Staged:
    """With what the model says of the values that are staged. Raises ``DataError``."""
    return replace(staged, enumerations=enumerations.observed(model_of(staged.source), staged))


def _is_day(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField)
