"""The SQL by which the data plane reads one entity's features, in the words of this project's database."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

from flyball.control.datasets import django_source, sql_source
from flyball.control.datasets.models import OnlineRow
from flyball.control.datasets.physical import KIND, Physical
from flyball.control.datasets.plan import Source, table_source
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.routing import Lookup
from flyball.domain.schema import Field, Kind, Schema

KEY = "flyball_entity_key"
"""Stands for the key in compiled SQL until everything else is settled."""


def lookups(declaration: type[Endpoint], schema: Schema) -> tuple[Lookup, ...]:
    """One lookup for each feature table, in order; its columns are the schema's fields of that table.

    A lookup gives the newest row of an entity, never one from the future. Raises ``DataError``.
    """
    return tuple(_lookup(declaration, table, schema.of(table.name)) for table in declaration.tables())


def warnings(lookup: Lookup) -> list[str]:
    """What makes a lookup slow on this database: reading a whole table for one entity (SQLite only)."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + lookup.sql.replace("%", "%%").replace("?", "%s"), [None])
        steps = [row[3] for row in cursor.fetchall()]
    scans = (re.match(r"SCAN (\S+)(?! USING .*INDEX)", step) for step in steps)
    return [
        f"The lookup of {lookup.table!r} reads all of {match[1]} for one entity: add an index on its key."
        for match in scans
        if match
    ]


def _lookup(declaration: type[Endpoint], table: FeatureTable, schema: Schema) -> Lookup:
    source = table_source(declaration, table)
    if table.origin.model:
        return _of_model(table, source, schema)
    if table.origin.query:
        return _of_query(table, source, schema)
    return _of_file(declaration, table, schema)
