"""Lookups in a Django model, compiled by the ORM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models.expressions import F, Func, RawSQL

from flyball.control.datasets.lookups import native
from flyball.control.datasets.sources import model_source
from flyball.domain.schema import Kind
from flyball.snapshots.column_types import KIND, ColumnType
from flyball.snapshots.source import Source


class Dashed(Func):
    """A UUID as text: Django keeps 32 hexadecimal digits on SQLite."""

    arity = 1
    output_field = models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Put the dashes where they belong."""
        sql, values = compiler.compile(self.source_expressions[0])
        parts = [
            f"substr({sql}, {start}, {length})"
            for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        ]
        return " || '-' || ".join(parts), tuple(values) * len(parts)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """PostgreSQL has a type for it."""
        return self.as_sql(compiler, connection, template="CAST(%(expressions)s AS text)", **context)


def compiled(source: Source, names: Sequence[str]) -> tuple[Kind, bool, str]:
    """The kind of the key, whether it is a UUID, and SQL for an entity's newest row. Raises ``DataError``."""
    source, model = model_source.settle(source)
    key = str(source.key)
    kind = key_kind(source, model_source.column_type(source, model, key))
    query = model._default_manager.filter(**{key: RawSQL(native.KEY, ())})
    if source.time:
        query = query.filter(**{f"{source.time}__lte": RawSQL(native.NOW, ())}).order_by(f"-{source.time}")
    else:
        query = query.order_by()
    columns = [
        Dashed(F(name)) if _is_uuid(source, model, name) else name
        for name in names or (model._meta.pk.attname,)
    ]
    sql, values = query.values_list(*columns)[:1].query.sql_with_params()
    is_uuid = _is_uuid(source, model, key)
    place = native.key_of(kind, uuid=is_uuid)
    return kind, is_uuid, native.finished(native.literals(sql, values), key=place, moment=native.django_now())


def key_kind(source: Source, stored: ColumnType) -> Kind:
    """The kind of a key: whole numbers may be stored as decimals. Raises ``DataError`` for moments."""
    if stored is ColumnType.MOMENT:
        raise source.fail("the key is a moment.", "A key is a number, a text or a boolean.")
    return Kind.INTEGER if stored is ColumnType.NUMBER else KIND[stored]


def _is_uuid(source: Source, model: type[models.Model], name: str) -> bool:
    return isinstance(model_source.field_of(source, model, name), models.UUIDField)
