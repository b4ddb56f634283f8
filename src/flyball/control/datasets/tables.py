"""How the feature tables of an endpoint stand: where each is, and how new, as far as that is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import DatabaseError, models, transaction
from django.db.models import Max

from flyball.control.datasets.models import OnlineRow
from flyball.control.datasets.sources import file_source, model_source
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.errors import DataError
from flyball.domain.values import Scalar, canonical
from flyball.snapshots.source import Source, table_source

COUNTED = 10_000
"""Rows that are counted at most: more take long in a large table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One feature table. ``kind`` is model, file or query, ``place`` its name.

    ``rows`` is ``None`` where counting takes long or nobody can count; ``is_more`` says that there are more
    than these. ``newest`` is the time of the newest row, ``None`` where it is not known; ``copied_at`` when a
    file's rows were copied for lookups. ``fault`` says why the table cannot be read.
    """

    table: FeatureTable
    kind: str
    place: str
    rows: int | None = None
    is_more: bool = False
    newest: Scalar = None
    copied_at: datetime | None = None
    fault: str = ""


def standings(declaration: type[Endpoint]) -> list[Standing]:
    """Every feature table, in the order they are declared; one that cannot be read says why."""
    return [_standing(declaration, table) for table in declaration.tables()]


def _standing(declaration: type[Endpoint], table: FeatureTable) -> Standing:
    source = table_source(declaration, table)
    own: dict[str, Any] = {"table": table, "kind": source.origin.kinds[0], "place": source.data}
    try:
        with transaction.atomic():  # on PostgreSQL a statement that fails would end the caller's
            return Standing(**own, **_state(declaration, source))
    except DataError as error:
        return Standing(**own, fault=error.detail)
    except DatabaseError:
        return Standing(**own, fault="The database has no such table, or another one.")


def _state(declaration: type[Endpoint], source: Source) -> dict[str, Any]:
    if source.origin.model:
        return _of_model(source)
    return _of_file(declaration, source) if source.origin.file else {}


def _of_model(source: Source) -> dict[str, Any]:
    settled, model = model_source.settle(source)
    for name in model_source.columns(settled, model)[0]:
        model_source.field_of(settled, model, name)
    every = model._default_manager.order_by()
    rows, is_more = _counted(every)
    newest = None
    if source.time and (not is_more or _leads_an_index(model, source.time)):
        newest = every.aggregate(newest=Max(source.time))["newest"]
    return {"rows": rows, "is_more": is_more, "newest": canonical(newest)}


def _of_file(declaration: type[Endpoint], source: Source) -> dict[str, Any]:
    every = OnlineRow.objects.filter(endpoint=declaration.name, feature_table=source.name).order_by()
    rows, is_more = _counted(every)
    load = every.values_list("load", flat=True).first() if rows else None
    copied = None if load is None else datetime.fromtimestamp(load / 1_000_000_000, UTC)
    fault = "" if file_source.is_there(source) else "There is no such file on this server."
    return {"rows": rows, "is_more": is_more, "copied_at": copied, "fault": fault}


def _counted(every: models.QuerySet[Any]) -> tuple[int, bool]:
    count = every[: COUNTED + 1].count()
    return min(count, COUNTED), count > COUNTED


def _leads_an_index(model: type[models.Model], name: str) -> bool:
    """Whether the newest is found without reading all rows."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:  # a lookup into another table
        return False
    leading: list[Sequence[str]] = [index.fields[:1] for index in model._meta.indexes]
    return bool(getattr(field, "db_index", False) or getattr(field, "unique", False)) or any(
        [each.lstrip("-") for each in first] == [name] for first in leading
    )
