"""The SQL by which the data plane reads one entity's features, in the words of this project's database."""

from __future__ import annotations

from dataclasses import replace

from flyball.control.datasets.lookups import file_lookup, model_lookup, native, query_lookup
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.routing import Lookup
from flyball.domain.schema import Field, Kind, Schema
from flyball.snapshots.source import table_source


def lookups(declaration: type[Endpoint], schema: Schema) -> tuple[Lookup, ...]:
    """One lookup for each feature table, in order; its columns are the schema's fields of that table.

    A lookup gives the newest row of an entity, never one from the future. Raises ``DataError``.
    """
    found = [_lookup(declaration, table, schema.of(table.name)) for table in declaration.tables()]
    return tuple(_agreed(lookup, found) for lookup in found)


def warnings(lookup: Lookup) -> list[str]:
    """What makes a lookup slow on this database, a sentence each; none where an index leads to the row."""
    return [
        f"The lookup of {lookup.table!r} reads all of {table} for one entity: "
        f"add an index on the column that {lookup.on!r} is looked up by."
        for table in native.slow(lookup.sql)
    ]


def _lookup(declaration: type[Endpoint], table: FeatureTable, schema: Schema) -> Lookup:
    source = table_source(declaration, table)
    columns = tuple((field.name, _read_as(field)) for field in schema.fields)
    if table.origin.model:
        key_kind, is_uuid, sql = model_lookup.compiled(source, schema.names)
    elif table.origin.query:
        key_kind, is_uuid, sql = query_lookup.compiled(source, schema.names)
    else:
        is_uuid = False
        key_kind, sql = file_lookup.compiled(declaration.name, table.name)
    return Lookup(
        table=table.name,
        on=table.on,
        key_kind=key_kind,
        sql=sql,
        columns=columns,
        packed=bool(table.origin.file),
        is_uuid=is_uuid,
    )


def _read_as(field: Field) -> Kind:
    """The kind that brings a database's value back as it stands in the snapshot.

    Categories keep the type they have there: SQLite gives 1 for true, and some columns 3.0 for 3.
    """
    types = {type(value) for value in field.categories}
    if field.kind is Kind.CATEGORY and types == {bool}:
        return Kind.BOOLEAN
    return Kind.INTEGER if field.kind is Kind.CATEGORY and types == {int} else field.kind


def _agreed(lookup: Lookup, every: list[Lookup]) -> Lookup:
    """One column names one entity: where some table counts with whole numbers, callers send them for all."""
    kinds = {other.key_kind for other in every if other.on == lookup.on}
    return replace(lookup, key_kind=Kind.INTEGER) if Kind.INTEGER in kinds else lookup
