"""Entities found by what somebody writes of them: the beginning of a key, or a part of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast

from flyball.control.datasets.sources import model_source
from flyball.domain.declaration import Endpoint, FeatureTable
from flyball.domain.values import canonical, label_text
from flyball.snapshots.source import table_source

FOUND = 20
LOOKED_THROUGH = 20_000
"""Rows of a table that are looked through for a part of a text: of more, those with the lowest keys."""
MOST_TEXTS = 4


def find(*, declaration: type[Endpoint], on: str, text: str) -> list[tuple[str, str]]:
    """At most 20 keys of an entity column, each with what its row says of itself; by key.

    Only where a table with that key is a Django model; a key that is written whole comes first.
    """
    for table in declaration.tables():
        if table.on == on and table.origin.model and text:
            return list(_find(declaration, table, text))
    return []


def _find(declaration: type[Endpoint], table: FeatureTable, text: str) -> Iterator[tuple[str, str]]:
    source, model = model_source.settle(table_source(declaration, table))
    key = str(source.key)
    every = model._default_manager.annotate(flyball_key=F(key))  # which may be another table's, or its field
    every = every.annotate(flyball_text=Cast("flyball_key", models.CharField()))
    rows = [*_exact(every, key, text), *_like(every, model, key, text)]
    seen: set[str] = set()
    for row in rows:
        value = label_text(canonical(row.flyball_key))
        if value not in seen and len(seen) < FOUND:
            seen.add(value)
            yield value, _says(row)


def _exact(every: models.QuerySet[Any], key: str, text: str) -> list[Any]:
    try:
        return list(every.filter(**{key: text})[:1])
    except (ValueError, ValidationError, OverflowError):
        return []


def _like(every: models.QuerySet[Any], model: type[models.Model], key: str, text: str) -> list[Any]:
    where = Q(flyball_text__startswith=text)
    for name in _texts(model):
        where |= Q(**{f"{name}__icontains": text})
    some = every.order_by(key).values("pk")[:LOOKED_THROUGH]
    return list(every.filter(where, pk__in=some).order_by(key)[: 2 * FOUND])


def _texts(model: type[models.Model]) -> list[str]:
    """Fields in which a part of a text is looked for."""
    kinds = (models.CharField, models.TextField)
    return [each.name for each in model._meta.concrete_fields if isinstance(each, kinds)][:MOST_TEXTS]


def _says(row: models.Model) -> str:
    """What a row says of itself; nothing where nobody has written that, or it has texts that say more."""
    if type(row).__str__ is not models.Model.__str__:
        return str(row)
    texts = (str(getattr(row, name) or "") for name in _texts(type(row)))
    return ", ".join(text for text in texts if text)
