"""Model fields whose values stand for something: choices with their labels, and keys of other models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import models

from flyball.domain.errors import DataError
from flyball.domain.values import Scalar
from flyball.snapshots.source import Enumeration, Staged

LABELLED = 100
"""Foreign keys with more different values have no labels: a schema may not copy the other table."""

NAMED: tuple[type[models.Field[Any, Any]], ...] = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
)
"""Fields whose choices are categories; of numbers and dates they are numbers and dates all the same."""


def observed(model: type[models.Model], staged: Staged) -> dict[str, Enumeration]:
    """What is known of each feature that holds named values: its choices, or the keys that are there."""
    found: dict[str, Enumeration] = {}
    for name in staged.features:
        field = last(model, name)
        if isinstance(field, models.ForeignKey):
            found[name] = Enumeration(labels=_named(field, _different(staged, name)), declared=False)
        elif isinstance(field, NAMED) and field.choices:
            found[name] = Enumeration(labels=dict(_flat(field)), declared=True)
    return found


def _different(staged: Staged, name: str) -> set[Any]:
    """The values of a staged column, as far as they are few enough to be named, or one more."""
    import pyarrow.compute as pc  # a web process has no pyarrow to load
    import pyarrow.parquet as pq

    seen: set[Any] = set()
    for path in staged.paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=[staged.column(name)]):
                seen.update(pc.unique(batch.column(0)).to_pylist())
                if len(seen - {None}) > LABELLED:
                    return seen
    return seen


def last(model: type[models.Model], name: str) -> Any:
    """The field that the last part of a lookup names; a foreign key where that is one."""
    field: Any = None
    for part in name.split("__"):
        field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        model = field.related_model or model
    return field


def _flat(field: models.Field[Any, Any]) -> Iterator[tuple[Scalar, str]]:
    """Pairs of value and label, without the empty choice that forms show."""
    for value, label in field.flatchoices:
        if value not in {None, ""}:
            yield field.to_python(value), str(label)


def _named(field: models.ForeignKey[Any, Any], seen: set[Any]) -> dict[Scalar, str]:
    keys = seen - {None}
    if len(keys) > LABELLED:
        return {}
    target = field.target_field.attname
    found = field.related_model._base_manager.filter(**{f"{target}__in": keys})
    return {_key(getattr(each, target)): _name(each) for each in found}


def _name(row: models.Model) -> str:
    try:
        return str(row)
    except Exception as error:
        # Any: it is the user's code. Without its message, which may hold what the row says.
        place = f"{type(row).__name__}.__str__"
        raise DataError(
            f"{place} fails with a {type(error).__name__}: it names the keys of a foreign key. Correct it, "
            "or leave the column out with columns=."
        ) from error


def _key(value: Any) -> Scalar:
    """A key as it stands in the snapshot."""
    key: Scalar = str(value) if isinstance(value, UUID) else value
    return key
